"""Forms of the account pages' library, where the shop's differ."""

from typing import Any

from allauth.account import forms as account_forms
from django import forms
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class LoginForm(account_forms.LoginForm):
    """Asks customers for their e-mail address, and takes the user name of staff who have none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("Email")
        self.fields["login"].widget = forms.TextInput(
            attrs={
                "inputmode": "email",
                "autocomplete": "username",
                "autocapitalize": "none",
                "maxlength": 254,
            }
        )

    def user_credentials(self) -> dict[str, Any]:
        """Return what is tried: an email address, or a user name, and never one as the other as well.

        A password would be compared twice for an address that has an account and once for one that has
        none, and the time that takes would tell them apart.
        """
        credentials: dict[str, Any] = super().user_credentials()
        if "email" in credentials:
            credentials.pop("username", None)
        return credentials


class SignupForm(account_forms.SignupForm):
    """Answers the same, after the same time, whether an address has an account already or not."""

    def try_save(self, request: HttpRequest) -> Any:
        """Open the account, or write to whoever has it already."""
        if self.account_already_exists:
            # What takes longest about a new account is its password's hash.
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)
