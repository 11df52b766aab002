"""Amounts as people read them."""

from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency, get_currency_precision


def format_money(*, amount: int, currency: str, language: str) -> str:
    """Return an amount in minor units as text: 1250 USD in English is $12.50, 1250 JPY is ¥1,250."""
    precision = get_currency_precision(currency)
    return format_currency(Decimal(amount).scaleb(-precision), currency, locale=find_locale(language))


@lru_cache
def find_locale(language: str) -> Locale:
    """Return the formatting rules of a language code such as `zh-hans`; English where there are none."""
    try:
        return Locale.parse(language, sep="-")
    except (ValueError, UnknownLocaleError):
        return Locale("en")
