"""Amounts as people read them."""

from decimal import Decimal

from babel.numbers import format_currency, get_currency_precision
from django.utils.translation import get_language, to_locale


def format_amount(amount: int, currency: str) -> str:
    """Return minor units written out in the language of the moment: 123456 USD is "$1,234.56"."""
    value = Decimal(amount).scaleb(-get_currency_precision(currency))
    return format_currency(value, currency, locale=to_locale(get_language() or "en"))
