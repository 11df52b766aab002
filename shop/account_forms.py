"""Forms of the account pages' library, where the shop's differ."""

from typing import Any

from allauth.account import forms as account_forms
from django import forms
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
