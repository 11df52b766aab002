"""What staff type to make a coupon or a promotion."""

from typing import Any, Final

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _

from inventory.backoffice import FreshForm
from shop.fields import MoneyField
from shop.promotions.codes import is_code, normalise_code
from shop.promotions.kinds import CouponKind, PromotionKind

# What each kind cannot be without.
_NEEDED: Final = {
    CouponKind.PERCENT.value: ("percent",),
    CouponKind.FIXED.value: ("amount",),
    PromotionKind.FREE_UNITS.value: ("minimum_quantity", "free_quantity"),
}


class OfferForm(FreshForm):
    """A coupon or a promotion, with what its kind needs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Here, because the shop's currency is not known before its settings are.
        currency = settings.SHOP_CURRENCY
        self.fields["amount"] = MoneyField(
            currency=currency, label=_("Amount (%(currency)s)") % {"currency": currency}, required=False
        )
        self.fields["minimum_amount"] = MoneyField(
            currency=currency,
            label=_("Minimum (%(currency)s)") % {"currency": currency},
            required=False,
            help_text=_("What the items it is for have to come to."),
        )

    def clean_minimum_amount(self) -> int:
        """Take nothing for no minimum."""
        return self.cleaned_data["minimum_amount"] or 0

    def clean(self) -> dict[str, Any]:
        """Ask for what the kind needs, and for an end that is after the start."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for name in _NEEDED.get(data.get("kind", ""), ()):
            if not data.get(name) and name not in self.errors:
                self.add_error(name, _("This kind needs it, more than zero."))
        percent = data.get("percent")
        if percent is not None and not 0 < percent <= 100:
            self.add_error("percent", _("Please enter more than 0 and at most 100."))
        if data.get("amount") == 0 and "amount" not in self.errors:
            data["amount"] = None
        starts_at, ends_at = data.get("starts_at"), data.get("ends_at")
        if starts_at and ends_at and ends_at <= starts_at:
            self.add_error("ends_at", _("It has to end after it starts."))
        return data


class CouponForm(OfferForm):
    """A coupon."""

    def clean_code(self) -> str:
        """Write the code the way it is looked up."""
        code = normalise_code(self.cleaned_data["code"])
        if not is_code(code):
            raise forms.ValidationError(
                _("Please use letters from A to Z, digits, dots, hyphens and underscores.")
            )
        return code
