"""Pictures that were uploaded or made by this shop, and its icon."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.http import require_safe
from django.views.static import serve

_DAY = 86_400


@require_safe
def serve_media(request: HttpRequest, path: str) -> HttpResponseBase:
    """Serve an uploaded file.

    By the application, because `make run` has no web server in front and WhiteNoise only knows files that
    were there when it started. `serve` keeps to MEDIA_ROOT; the headers make sure that an upload which is
    not a picture does nothing in a browser. A site with many visitors lets its web server answer /media/
    instead.
    """
    try:
        response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    except (OSError, ValueError) as error:
        # A name too long for the file system, or with a NUL in it.
        raise Http404 from error
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = f"public, max-age={_DAY}"
    return response


@require_safe
def redirect_to_icon(request: HttpRequest) -> HttpResponse:
    """Lead to the shop's icon."""
    return redirect(static("shop/favicon.svg"))
