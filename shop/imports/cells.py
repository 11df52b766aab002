"""What the text of one cell means. Everything here raises CellProblem rather than guess."""

import datetime as dt
import hashlib
import html
import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Final

from babel.numbers import get_currency_precision, get_currency_symbol
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.html import strip_tags
from django.utils.text import slugify
from django.utils.translation import gettext as _

from inventory.types import MAX_QUANTITY, SKU_LENGTH
from shop.imports.errors import CellProblem
from shop.richtext import clean_description as _clean

SLUG_LENGTH: Final = 240
MAX_PRICE_AMOUNT: Final = 10**12
MAX_WEIGHT_GRAMS: Final = 10**9

_PLAIN = re.compile(r"[0-9]+(\.[0-9]*)?|\.[0-9]+")
# Thousands set apart by a comma, a space or an apostrophe, then a point; or set apart by points, then a
# comma.
_GROUPED = re.compile(r"[0-9]{1,3}([,\u00a0\u202f '’][0-9]{3})+\.[0-9]{1,4}")
_GROUPED_WITH_POINTS = re.compile(r"[0-9]{1,3}([.\u00a0\u202f '’][0-9]{3})+,[0-9]{1,2}")
_COMMA = re.compile(r"[0-9]+,[0-9]{1,2}")
_DECIMAL_COMMA = re.compile(r"[0-9]+,[0-9]+")
_WHOLE = re.compile(r"-?[0-9]+(\.0+)?")
_TAG = re.compile(r"<[a-zA-Z!/]")
_WORDS_FOR_DATES: Final = ("%d/%m/%Y", "%Y/%m/%d", "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d.%m.%Y")


def parse_price(text: str, *, currency: str) -> int:
    """Return a price in minor units, exactly.

    Accepts the shop's own currency sign and unmistakable separators.
    """
    digits = get_currency_precision(currency)
    number = _strip_currency(text, currency)
    if number.startswith(("-", "(")):
        raise CellProblem(_("the price is negative"))
    if _PLAIN.fullmatch(number):
        value = Decimal(number)
    elif _GROUPED.fullmatch(number):
        value = Decimal(re.sub(r"[^0-9.]", "", number))
    elif digits and (_GROUPED_WITH_POINTS.fullmatch(number) or _COMMA.fullmatch(number)):
        value = Decimal(re.sub(r"[^0-9,]", "", number).replace(",", "."))
    else:
        raise CellProblem(_("not a price in %(currency)s") % {"currency": currency})
    amount = value.scaleb(digits)
    if amount != int(amount):
        raise CellProblem(_("more decimals than %(currency)s has") % {"currency": currency})
    if amount > MAX_PRICE_AMOUNT:
        raise CellProblem(_("the price is too large"))
    return int(amount)


def _strip_currency(text: str, currency: str) -> str:
    for sign in _list_signs(currency):
        if text.startswith(sign):
            return text.removeprefix(sign).strip()
        if text.endswith(sign):
            return text.removesuffix(sign).strip()
    return text


@lru_cache
def _list_signs(currency: str) -> tuple[str, ...]:
    signs = {get_currency_symbol(currency, locale=locale) for locale in ("en", "zh")}
    return (currency, *sorted(signs))


def parse_stock(text: str) -> tuple[int, bool]:
    """Return (units, whether the text said fewer than none). Below zero there is nothing to sell: 0 units."""
    if not _WHOLE.fullmatch(text):
        raise CellProblem(_("not a whole number of units"))
    units = int(Decimal(text))
    if units > MAX_QUANTITY:
        raise CellProblem(_("more than %(limit)d units") % {"limit": MAX_QUANTITY})
    return max(0, units), units < 0


def parse_weight(text: str, *, grams: Decimal) -> int | None:
    """Return a weight in whole grams, at least one; None for none. `grams` is what one unit of it weighs."""
    if not (_PLAIN.fullmatch(text) or _DECIMAL_COMMA.fullmatch(text)):
        raise CellProblem(_("not a weight"))
    weight = Decimal(text.replace(",", ".")) * grams
    if weight > MAX_WEIGHT_GRAMS:
        raise CellProblem(_("the weight is too large"))
    # Exports write 0 where nobody has filled one in.
    return max(1, int(weight.to_integral_value(ROUND_HALF_UP))) if weight else None


def parse_moment(text: str, *, end_of_day: bool) -> dt.datetime:
    """Return a date or time, however spelt, as aware UTC; a plain date is its first or last moment."""
    if re.fullmatch(r"[0-9]{9,11}", text):
        return dt.datetime.fromtimestamp(int(text), tz=dt.UTC)
    try:
        moment = parse_datetime(text)
        day = parse_date(text)
    except ValueError:
        raise CellProblem(_("not a date")) from None
    if moment and not day:
        return moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    day = day or _parse_written_date(text)
    return dt.datetime.combine(day, dt.time.max if end_of_day else dt.time.min, tzinfo=dt.UTC)


def _parse_written_date(text: str) -> dt.date:
    for pattern in _WORDS_FOR_DATES:
        try:
            return dt.datetime.strptime(text, pattern).replace(tzinfo=dt.UTC).date()
        except ValueError:
            continue
    raise CellProblem(_("not a date"))


def parse_flag(text: str, *, default: bool) -> bool:
    """Return yes or no as exports write them. Raises CellProblem."""
    value = text.lower()
    if not value:
        return default
    if value in ("1", "true", "yes", "y", "wahr"):
        return True
    if value in ("0", "-1", "false", "no", "n", "falsch"):
        return False
    raise CellProblem(_("neither yes nor no"))


def check_sku(text: str) -> str:
    """Return a SKU that can be stored."""
    if len(text) > SKU_LENGTH:
        raise CellProblem(_("longer than %(limit)d characters") % {"limit": SKU_LENGTH})
    if not text.isprintable():
        raise CellProblem(_("contains characters that cannot be printed"))
    return text


def derive_sku(base: str, values: Sequence[str]) -> str:
    """Return a SKU for a variant that has none: always the same for the same product and options."""
    return shorten("-".join([base, *(_slugify(value) for value in values)]), SKU_LENGTH)


def make_slug(text: str) -> str:
    """Return the part of an address that stands for a name; never empty."""
    return shorten(_slugify(text), SLUG_LENGTH)


def digest(text: str) -> str:
    """Return six characters that stand for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:6]


def shorten(text: str, limit: int) -> str:
    """Return a text that fits, and that differs for different texts."""
    return text if len(text) <= limit else f"{text[: limit - 7]}-{digest(text)}"


def _slugify(text: str) -> str:
    return slugify(text, allow_unicode=True) or digest(text)


def clean_text(text: str) -> str:
    """Return a name without markup, entities and line breaks."""
    return " ".join(strip_tags(html.unescape(text)).split())


def clean_description(text: str) -> str:
    """Return a description as HTML with nothing in it but text markup; plain text becomes paragraphs."""
    # WooCommerce writes line breaks as a backslash and an n.
    text = text.replace("\\r", "").replace("\\n", "\n").strip()
    if not _TAG.search(text):
        paragraphs = re.split(r"\n\s*\n", text.replace("\r\n", "\n"))
        text = "".join(f"<p>{part.strip()}</p>" for part in paragraphs if part.strip())
    return _clean(text).strip()
