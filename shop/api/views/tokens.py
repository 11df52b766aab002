"""Logging in and out."""

from typing import Any

from django.contrib.auth import authenticate
from knox.models import AuthToken
from knox.settings import knox_settings
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from shop.accounts import lacks_confirmation
from shop.api.base import ApiView
from shop.api.documentation import document
from shop.api.errors import CredentialsInvalid, EmailUnconfirmed, SecondStepRequired
from shop.api.fields import TextField, TimeField
from shop.api.throttling import LoginAddressThrottle, LoginEmailThrottle
from shop.second_step import needs_second_step, passes_second_step

_TAG = "log-in"
_MAX_PASSWORD_LENGTH = 1024


class CredentialsInput(serializers.Serializer[Any]):
    """A customer's e-mail address and password."""

    email = serializers.EmailField(max_length=254)
    password = TextField(
        min_length=1, max_length=_MAX_PASSWORD_LENGTH, trim_whitespace=False, write_only=True
    )

    code = TextField(
        max_length=20,
        required=False,
        allow_blank=True,
        help_text="For two-step sign-in: a code of the authenticator app, or a recovery code.",
    )


class TokenOutput(serializers.Serializer[Any]):
    """A token; it is shown once and stored as a digest only."""

    token = serializers.CharField(help_text="Send it as `Authorization: Token <token>`.")
    expires_at = TimeField(allow_null=True)


class TokenView(ApiView):
    """`auth/token/`."""

    throttle_classes = (LoginAddressThrottle, LoginEmailThrottle)

    @document(
        tag=_TAG,
        operation_id="log_in",
        summary="Get a token for an e-mail address and a password",
        request=CredentialsInput,
        responses={201: TokenOutput},
        problems=[
            *(
                "validation-failed",
                "malformed-body",
                "credentials-invalid",
                "second-step-required",
                "email-unconfirmed",
                "authentication-failed",
                "throttled",
            ),
            *("body-too-large", "unsupported-media-type"),
        ],
        auth=[],
    )
    def post(self, request: Request) -> Response:
        """Log in."""
        credentials = CredentialsInput(data=request.data)
        credentials.is_valid(raise_exception=True)
        code = credentials.validated_data.pop("code", "")
        user = authenticate(request._request, **credentials.validated_data)
        if user is None:
            raise CredentialsInvalid("wrong e-mail address or password")
        if needs_second_step(user) and not passes_second_step(user, code=code):
            raise SecondStepRequired("send a code of your authenticator app, or a recovery code, as `code`")
        if lacks_confirmation(user):
            raise EmailUnconfirmed(
                "open the link that was mailed there; signing in on the pages sends it again"
            )
        auth_token, token = AuthToken.objects.create(user=user, expiry=knox_settings.TOKEN_TTL)
        return Response(TokenOutput({"token": token, "expires_at": auth_token.expiry}).data, status=201)

    @document(
        tag=_TAG,
        operation_id="log_out",
        summary="Log out: this token is not valid any more",
        responses={204: None},
        problems=["authentication-required", "authentication-failed"],
    )
    def delete(self, request: Request) -> Response:
        """Log out."""
        if not isinstance(request.auth, AuthToken):
            raise NotAuthenticated
        request.auth.delete()
        return Response(status=204)
