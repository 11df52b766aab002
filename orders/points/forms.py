"""What staff fill in about points."""

import uuid
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.points.models import REASON_LENGTH

MOST_POINTS = 10**9


class AdjustPointsForm(forms.Form):
    """Whose points, how many more or fewer, and why."""

    customer = forms.CharField(
        label=_("Customer"), max_length=254, help_text=_("E-mail address or user name.")
    )
    points = forms.IntegerField(
        label=_("Points"),
        min_value=-MOST_POINTS,
        max_value=MOST_POINTS,
        help_text=_("With a minus to take some. Given points pay off first what is owed."),
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=REASON_LENGTH, help_text=_("Kept in the points ledger.")
    )
    # Made once for each form shown, so that a second click books nothing more.
    reference = forms.RegexField(r"^[0-9a-f]{32}$", widget=forms.HiddenInput)

    def clean_customer(self) -> int:
        """Return the id of the one account that is meant."""
        name = self.cleaned_data["customer"]
        accounts = get_user_model().objects.filter(Q(email__iexact=name) | Q(username=name))
        ids = list(accounts.values_list("pk", flat=True)[:2])
        if not ids:
            raise forms.ValidationError(_("Nobody has an account under this name."))
        if len(ids) > 1:
            raise forms.ValidationError(_("Several accounts have this name; use the user name."))
        return int(ids[0])

    def clean_points(self) -> int:
        """Refuse a change that is none."""
        points: int = self.cleaned_data["points"]
        if points == 0:
            raise forms.ValidationError(_("Zero changes nothing."))
        return points


def start_adjustment(*, customer: Any) -> AdjustPointsForm:
    """Return an empty form for an account, or for one yet to be named."""
    name = (customer.email or customer.get_username()) if customer else ""
    return AdjustPointsForm(initial={"customer": name, "reference": uuid.uuid4().hex})
