"""Countries, by the reader's own name for them."""

from functools import lru_cache

from babel import Locale
from django.utils.translation import get_language

from orders.money import find_locale

# Territories of the locale data that nobody can have a parcel sent to.
_NO_ADDRESS = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ", "AC", "CP", "DG", "EA", "IC", "TA", "CQ"})


def list_countries() -> list[tuple[str, str]]:
    """Return (ISO 3166 code, name in the reader's language) of every country, by name, and none first."""
    return list(_list_countries_in(get_language() or "en"))


def list_country_codes() -> frozenset[str]:
    """Return the codes `list_countries` offers the reader, the empty one included."""
    return _list_codes_in(get_language() or "en")


@lru_cache(maxsize=16)
def _list_countries_in(language: str) -> tuple[tuple[str, str], ...]:
    locale: Locale = find_locale(language)
    named = [
        (code, name)
        for code, name in locale.territories.items()
        if len(code) == 2 and code.isalpha() and code not in _NO_ADDRESS
    ]
    return (("", ""), *sorted(named, key=lambda pair: pair[1]))


@lru_cache(maxsize=16)
def _list_codes_in(language: str) -> frozenset[str]:
    return frozenset(code for code, _name in _list_countries_in(language))
