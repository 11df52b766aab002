"""Amounts as people read them."""

from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency, get_currency_precision
from django.utils.translation import get_language


def format_money(amount: int, currency: str) -> str:
    """Return minor units written out in the reader's language: 1250 USD is $12.50, 1250 JPY is ¥1,250."""
    value = Decimal(amount).scaleb(-get_currency_precision(currency))
    return format_currency(value, currency, locale=find_locale(get_language() or "en"))


def write_money(amount: int, currency: str) -> str:
    """Return an amount that came from outside written out; one in what is no currency is shown as it came."""
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        return f"{amount} {currency}"
    return format_money(amount, currency)


@lru_cache
def find_locale(language: str) -> Locale:
    """Return the formatting rules of a language code such as `zh-hans`; English where there are none."""
    try:
        return Locale.parse(language, sep="-")
    except (ValueError, UnknownLocaleError):
        return Locale("en")
