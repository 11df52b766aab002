"""Form fields for what the catalogue stores in its own way: money and options."""

from decimal import Decimal
from typing import Any, Final

from babel.numbers import get_currency_precision
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# In minor units; leaves room below 64 bits for any quantity an order may name.
MAX_PRICE: Final = 10**12
_MOST_OPTIONS: Final = 10
_LONGEST_OPTION: Final = 100


class MoneyField(forms.DecimalField):
    """An amount typed as people write it, 12.50, and kept as minor units, 1250.

    The currency decides how many decimals there are: none for JPY, three for KWD. More is refused.
    """

    def __init__(self, *, currency: str, **kwargs: Any) -> None:
        self.currency = currency
        self.precision = get_currency_precision(currency)
        most = Decimal(MAX_PRICE).scaleb(-self.precision)
        super().__init__(min_value=0, max_value=most, decimal_places=self.precision, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Return minor units as the decimal to show; what somebody typed stays as typed."""
        return f"{Decimal(value).scaleb(-self.precision):f}" if type(value) is int else value

    def clean(self, value: Any) -> int | None:
        """Return what was typed as minor units, exactly."""
        amount = super().clean(value)
        return None if amount is None else int(amount.scaleb(self.precision))

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare in minor units: 12.5 and 12.50 are the same price, also where a page showed the first."""
        try:
            shown = int(initial.scaleb(self.precision)) if isinstance(initial, Decimal) else initial
            return bool(self.clean(data) != shown)
        except ValidationError:
            return True


class OptionsField(forms.CharField):
    """What tells a variant from the others: a line for each, "Size: M", kept as pairs."""

    widget = forms.Textarea(attrs={"rows": 2, "cols": 24})

    def prepare_value(self, value: Any) -> Any:
        """Return stored pairs as lines; what somebody typed stays as typed."""
        return "\n".join(f"{name}: {text}" for name, text in value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        """Return the lines as pairs."""
        lines = [line for line in super().clean(value).splitlines() if line.strip()]
        if len(lines) > _MOST_OPTIONS:
            raise ValidationError(_("No more than %(most)d options, please.") % {"most": _MOST_OPTIONS})
        return [_read_option(line) for line in lines]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare the pairs, not the way they are written."""
        try:
            shown = self.clean(initial) if isinstance(initial, str) else initial
            return bool(self.clean(data) != (shown or []))
        except ValidationError:
            return True


def _read_option(line: str) -> list[str]:
    name, _colon, text = (part.strip() for part in line.partition(":"))
    if not name or not text:
        raise ValidationError(_("Write each option as “Name: value”, one to a line."))
    if max(len(name), len(text)) > _LONGEST_OPTION:
        raise ValidationError(
            _("Names and values of options have %(most)d characters at most.") % {"most": _LONGEST_OPTION}
        )
    return [name, text]
