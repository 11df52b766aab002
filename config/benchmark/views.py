"""Views that do nothing: what is left is the price of server, middleware and framework."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class DoNothingView(APIView):
    """What Django REST framework itself costs. It does not even read the body."""

    def post(self, _request: Request) -> Response:
        """Answer as an order would be answered."""
        return Response({"status": "nothing done"}, status=201)


@csrf_exempt
def do_nothing(_request: HttpRequest) -> JsonResponse:
    """Answer without Django REST framework."""
    return JsonResponse({"status": "nothing done"}, status=201)
