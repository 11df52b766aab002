"""What staff fill in about a refund: all that is left of an order, or some lines, or an amount."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from babel.numbers import get_currency_precision
from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders.selectors import find_paid_for_lines
from orders.states import OrderStatus
from orders.types import LineRefund, OrderLineView, OrderView

REASON_LENGTH: Final = 200


class Extent(models.TextChoices):
    """How much of an order is refunded."""

    ALL = "all", gettext_lazy("Everything that is left")
    SOME = "some", gettext_lazy("Only what is chosen below")


@dataclass(frozen=True, slots=True)
class RefundRow:
    """One line of an order in the form. `paid` is what was paid for all of it, in minor units."""

    line: OrderLineView
    paid: int
    left: int
    quantity: forms.BoundField
    restock: forms.BoundField


class RefundForm(forms.Form):
    """How many of each line, what becomes of them, and how much money if not what was paid for them."""

    extent = forms.ChoiceField(
        label=gettext_lazy("What is refunded"), choices=Extent.choices, widget=forms.RadioSelect
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=REASON_LENGTH,
        help_text=gettext_lazy("For the staff; customers do not see it."),
    )
    # Made once for each form shown, so that a second click sends nothing more.
    token = forms.RegexField(r"^[0-9a-f]{32}$", widget=forms.HiddenInput)

    def __init__(self, order: OrderView, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order = order
        self._digits = get_currency_precision(order.currency)
        self.fields["amount"] = forms.DecimalField(
            label=_("Amount"),
            required=False,
            min_value=0,
            max_digits=15,
            decimal_places=self._digits,
            help_text=_("Left empty: what was paid for the chosen units, as far as it is left."),
        )
        for position, line in enumerate(order.lines):
            left = line.quantity - line.refunded_quantity
            self.fields[f"quantity_{position}"] = forms.IntegerField(
                label=_("Units"), required=False, min_value=0, max_value=left, initial=0
            )
            self.fields[f"restock_{position}"] = forms.BooleanField(
                label=_("On sale again"), required=False, initial=order.status == OrderStatus.PAID
            )

    def list_rows(self) -> Iterator[RefundRow]:
        """Yield the order's lines with their fields."""
        paid = find_paid_for_lines(self.order)
        for position, line in enumerate(self.order.lines):
            left = line.quantity - line.refunded_quantity
            fields = self[f"quantity_{position}"], self[f"restock_{position}"]
            yield RefundRow(line, paid[position], left, *fields)

    def clean(self) -> dict[str, Any]:
        """Hold the choice against what was chosen."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return data
        is_all, has_amount = data["extent"] == Extent.ALL, data["amount"] is not None
        if is_all and (self.find_lines() or has_amount):
            self.add_error("extent", _("Everything or something? Units or an amount are filled in below."))
        elif not is_all and not self.find_lines() and not data["amount"]:
            self.add_error("extent", _("Nothing is chosen: say how many units, or how much money."))
        return data

    def find_lines(self) -> tuple[LineRefund, ...]:
        """Return the chosen units."""
        return tuple(
            LineRefund(position, quantity, self.cleaned_data[f"restock_{position}"])
            for position in range(len(self.order.lines))
            if (quantity := self.cleaned_data[f"quantity_{position}"])
        )

    def find_amount(self) -> int | None:
        """Return the amount in minor units, if one was filled in."""
        amount: Decimal | None = self.cleaned_data["amount"]
        return None if amount is None else int(amount.scaleb(self._digits))


def start_refund(order: OrderView) -> RefundForm:
    """Return an empty form."""
    return RefundForm(order, initial={"extent": Extent.SOME, "token": uuid.uuid4().hex})
