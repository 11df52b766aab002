"""Switching two-step sign-in on, where the account pages' library leaves a race open."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from shop.views.cart_session import require_customer_id

_APP = [Authenticator.Type.TOTP]


class ActivateAppView(ActivateTOTPView):
    """Sets up an authenticator app, once however often the button is pressed."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Lead who has an app already to the page that says so, not to the one that switches it off."""
        if request.user.is_authenticated and is_mfa_enabled(request.user, _APP):
            return redirect("mfa_index")
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return answer

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Switch the app on. Opens its own transaction."""
        with transaction.atomic():
            # Two presses at once both found no app, and one code is right for both. The library's unique
            # constraint has a condition, which MySQL cannot have: the account's row lets one in at a time.
            get_user_model().objects.select_for_update().get(pk=require_customer_id(request))
            if is_mfa_enabled(request.user, _APP):
                return redirect("mfa_index")
            answer: HttpResponse = super().post(request, *args, **kwargs)
            return answer
