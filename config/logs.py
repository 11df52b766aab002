"""What must not be written to a log, and what is not worth more than a line."""

import logging
import re
from typing import Any, Final

from django.core.exceptions import SuspiciousFileOperation

# The address of a guest's order holds the token that opens it.
_TOKEN: Final = re.compile(r"(/orders/[0-9A-Z]{13}/)[0-9a-f]{16,}")
_SECURITY: Final = "django.security."
_SERVER_ERROR: Final = 500
_UNAVAILABLE: Final = 503
_LOGGED: Final = "_holdfast_refusal_logged"


class HideOrderTokens(logging.Filter):
    """Takes the tokens out of addresses of orders, in messages and in their arguments."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record; none is dropped."""
        record.msg = _hide(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(_hide(value) for value in record.args)
        return True


class ShortenRefusals(logging.Filter):
    """One line, a warning without a traceback, for each request that was refused.

    Refused is what a stranger sent and the shop did not take (4xx), or did not take just now (503, the
    database is away). Django gives some of these a traceback, two lines or the server's own paths, which
    lets strangers fill the disk and learn where things lie. Any other 5xx is a bug and keeps everything.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten the record; drop it if its request has its line already."""
        status = getattr(record, "status_code", None)
        of_request = record.name == "django.request" or record.name.startswith(_SECURITY)
        if not of_request or status is None or (status >= _SERVER_ERROR and status != _UNAVAILABLE):
            return True
        if hasattr(record, _LOGGED):  # seen by another handler
            return True
        request = getattr(record, "request", None)
        if hasattr(request, _LOGGED):
            return False
        for it in (record, request) if request is not None else (record,):
            setattr(it, _LOGGED, True)
        if record.exc_info:
            _shorten(record, str(getattr(request, "path", "")))
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


def _shorten(record: logging.LogRecord, path: str) -> None:
    error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    record.exc_info = record.exc_text = None
    if not record.name.startswith(_SECURITY):
        return
    # Its message names the folder on the server.
    message = "outside of its folder" if isinstance(error, SuspiciousFileOperation) else record.getMessage()
    record.msg = "%s (%s)"
    record.args = tuple(text.encode("unicode_escape").decode("ascii") for text in (message, path))


def _hide(value: Any) -> Any:
    return _TOKEN.sub(r"\1...", value) if isinstance(value, str) else value
