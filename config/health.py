"""For machines that watch over the shop: is it alive, can it serve, what has it counted."""

import hmac
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.metrics import render_metrics
from config.readiness import check_readiness

_LOOPBACK: Final = ("127.0.0.1", "::1")
# Who passes on somebody else's request says so in one of these.
_FORWARDING: Final = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")


@never_cache
@require_safe
def show_alive(request: HttpRequest) -> JsonResponse:
    """Answer 200 while this process answers at all.

    Asks nobody else: restarting it would not bring the database back.
    """
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def show_ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 if the shop can take orders, else 503. Without Redis it can: "degraded"."""
    readiness = check_readiness()
    content = {"status": readiness.status, "checks": readiness.checks}
    return JsonResponse(content, status=200 if readiness.is_ready else 503)


@never_cache
@require_safe
def show_metrics(request: HttpRequest) -> HttpResponse:
    """Show the counters to those who may see them; to everybody else there is nothing here."""
    if not may_see_metrics(request):
        return HttpResponseNotFound("Not found\n", content_type="text/plain")
    content, content_type = render_metrics(now=timezone.now())
    return HttpResponse(content, content_type=content_type)


def may_see_metrics(request: HttpRequest) -> bool:
    """Say whether the caller has METRICS_TOKEN or, where none is set, calls from this machine for itself."""
    if settings.METRICS_TOKEN:
        expected = f"Bearer {settings.METRICS_TOKEN}"
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())
    is_forwarded = any(name in request.headers for name in _FORWARDING)
    return request.META.get("REMOTE_ADDR") in _LOOPBACK and not is_forwarded
