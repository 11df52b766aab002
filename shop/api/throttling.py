"""Slowing down those who guess passwords.

Counted in the cache: without Redis nobody is slowed down, and everybody can still log in.
"""

import hashlib

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView


class LoginAddressThrottle(SimpleRateThrottle):
    """So many attempts from one network address."""

    scope = "login"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        """Count log-ins only, by address."""
        return f"throttle:login:address:{find_address(request)}" if request.method == "POST" else None


class LoginEmailThrottle(SimpleRateThrottle):
    """So many attempts on one account, wherever they come from."""

    scope = "login"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        """Count log-ins only, by the e-mail address that is tried."""
        email = (
            request.data.get("email") if request.method == "POST" and isinstance(request.data, dict) else None
        )
        if not isinstance(email, str):
            return None
        return "throttle:login:email:" + hashlib.sha256(email.strip().lower().encode()).hexdigest()


def find_address(request: Request) -> str:
    """Return the caller's address; the one the nearest proxy saw, where settings say that there is one.

    What stands further left in X-Forwarded-For is the caller's own word: somebody new each time.
    """
    forwarded = request.headers.get("X-Forwarded-For", "")
    if forwarded and settings.SECURE_PROXY_SSL_HEADER is not None:
        return forwarded.rpartition(",")[2].strip()
    return str(request.META.get("REMOTE_ADDR", ""))
