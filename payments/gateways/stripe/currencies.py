"""Stripe's minor units against ours: the same for most currencies, and not for some.

Ours are those in which people see amounts (`orders.money`). Stripe counts a few currencies whole, a few in
thousandths that must end in zero, and all others in hundredths, also where nobody uses hundredths any more.
"""

from typing import Final

from babel.numbers import get_currency_precision

from payments.errors import UnsupportedAmount

_WHOLE: Final = frozenset(
    {
        *("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA"),
        *("PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"),
    }
)
_THOUSANDTHS: Final = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})


def to_stripe(amount: int, currency: str) -> int:
    """Return our minor units in Stripe's. Raises UnsupportedAmount if Stripe cannot take exactly this."""
    scaled = _scale(amount, _digits_at_stripe(currency) - get_currency_precision(currency))
    if scaled is None or (currency in _THOUSANDTHS and scaled % 10):
        raise UnsupportedAmount(amount, currency)
    return scaled


def from_stripe(amount: int, currency: str) -> int:
    """Return Stripe's minor units in ours. Raises UnsupportedAmount if that leaves a fraction of a unit."""
    scaled = _scale(amount, get_currency_precision(currency) - _digits_at_stripe(currency))
    if scaled is None:
        raise UnsupportedAmount(amount, currency)
    return scaled


def _digits_at_stripe(currency: str) -> int:
    return 0 if currency in _WHOLE else 3 if currency in _THOUSANDTHS else 2


def _scale(amount: int, digits: int) -> int | None:
    """Return the amount with its point moved; None if it would not be whole."""
    if digits >= 0:
        return amount * int(10**digits)
    quotient, rest = divmod(amount, int(10**-digits))
    return None if rest else quotient
