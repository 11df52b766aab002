"""What staff fill in about stock."""

import uuid
from typing import Any, Final

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from inventory.backoffice import FreshForm
from inventory.selectors import list_strategies
from inventory.types import MAX_QUANTITY

REASON_LENGTH: Final = 200


class StockChange(models.TextChoices):
    """The ways in which staff change stock."""

    RECEIVE = "receive", _("Received: this many units came in")
    ADJUST = "adjust", _("Adjust: this many were found (or lost, with a minus)")
    COUNT = "count", _("Counted: this many are on hand now")


class ChangeStockForm(forms.Form):
    """A difference or a count, and why. Never the counter itself: sales change it meanwhile."""

    kind = forms.ChoiceField(label=_("What happened"), choices=StockChange.choices, widget=forms.RadioSelect)
    quantity = forms.IntegerField(label=_("Units"), min_value=-MAX_QUANTITY, max_value=MAX_QUANTITY)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=REASON_LENGTH,
        help_text=_("Kept in the ledger: a delivery note, breakage, stock-taking."),
    )
    # Made once for each form shown, so that a second click books nothing more.
    reference = forms.RegexField(r"^[0-9a-f]{32}$", widget=forms.HiddenInput)
    # What the page said was on hand: a count made against other books is refused.
    shown_on_hand = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def clean(self) -> dict[str, Any]:
        """Hold the quantity against what it is for."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        kind, quantity = data.get("kind"), data.get("quantity")
        if quantity is None:
            return data
        if kind == StockChange.RECEIVE and quantity < 1:
            self.add_error("quantity", _("Units that came in are at least one."))
        if kind == StockChange.ADJUST and quantity == 0:
            self.add_error("quantity", _("Zero changes nothing."))
        if kind == StockChange.COUNT and quantity < 0:
            self.add_error("quantity", _("A count is not less than zero."))
        return data


def start_stock_change(*, on_hand: int) -> ChangeStockForm:
    """Return an empty form for a stock item with this many units on hand."""
    return ChangeStockForm(initial={"reference": uuid.uuid4().hex, "shown_on_hand": on_hand})


class StockItemForm(FreshForm):
    """How a stock item is handled; its counters are not fields."""

    locking_strategy = forms.ChoiceField(label=_("Locking strategy"), choices=list_strategies)
