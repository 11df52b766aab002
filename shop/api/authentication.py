"""Who is calling: a token in the Authorization header."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox import auth
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request


class TokenAuthentication(auth.TokenAuthentication):
    """`Authorization: Token <token>`; `Bearer` works too: most clients send that by default."""

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, AuthToken] | None:
        """Return the caller and the token, None without a token. Raises AuthenticationFailed."""
        header = request.headers.get("Authorization", "")
        scheme, _space, token = header.partition(" ")
        if scheme.lower() not in ("token", "bearer"):
            return None
        if not token.isascii() or not token.isalnum():
            raise AuthenticationFailed
        user, auth_token = self.authenticate_credentials(token.encode())
        return user, auth_token

    def authenticate_header(self, request: Request) -> str:
        """Return what a 401 asks for."""
        return "Token"


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema describes it."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the security scheme."""
        return {"type": "http", "scheme": "bearer", "description": "A token from `auth/token/`."}
