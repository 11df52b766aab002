"""Slowing down those who guess passwords.

Counted in the cache: without Redis nobody is slowed down, and everybody can still log in.
"""

import hashlib

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from shop.client_address import find_client_address


class LoginAddressThrottle(SimpleRateThrottle):
    """So many attempts from one network address."""

    scope = "login"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        """Count log-ins only, by address."""
        if request.method != "POST":
            return None
        return f"throttle:login:address:{find_client_address(request.META)}"


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
