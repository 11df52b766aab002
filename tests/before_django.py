"""A test client that meets what the shop's web server meets: ordinary orders are answered before Django."""

from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.test import Client
from django.test.client import ClientHandler

from shop.api.guest_orders import answer_guest_order


class Handler(ClientHandler):
    """Django's own for tests, behind `shop.api.guest_orders` as in config/wsgi.py."""

    def __call__(self, environ: dict[str, Any]) -> Any:
        """Answer a request."""
        answer = answer_guest_order(environ)
        if answer is None:
            return super().__call__(environ)
        response: Any = HttpResponse(answer.body, status=answer.status, headers=dict(answer.headers))
        response.wsgi_request = WSGIRequest(environ)
        return response


class ShopClient(Client):
    """What the `client` fixture is."""

    def __init__(self, **defaults: Any) -> None:
        super().__init__(**defaults)
        self.handler = Handler(enforce_csrf_checks=False)
