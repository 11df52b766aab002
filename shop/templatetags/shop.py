"""Template tags of the shop."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import template
from django.conf import settings
from django.http import QueryDict
from django.template import Context
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import get_language, pgettext

from orders.money import find_locale, format_money
from orders.states import CancelReason, OrderStatus
from shop.richtext import clean_description, to_text
from shop.structured_data import make_absolute

register = template.Library()


@register.filter
def money(amount: int, currency: str = "") -> str:
    """Return minor units as people read them, in the shop's currency unless told otherwise."""
    return format_money(amount, currency or settings.SHOP_CURRENCY)


@register.filter
def moment(value: dt.datetime, now: dt.datetime | None = None) -> str:
    """Return a time of day with its zone, and the day before it unless that is today."""
    local, today = timezone.localtime(value), timezone.localtime(now)
    if local.date() == today.date():
        return date_format(local, "H:i e")
    return date_format(local, pgettext("format of a day and a time", "M j, H:i e"))


@register.filter
def day(value: dt.datetime) -> str:
    """Return a date as people read it."""
    return date_format(timezone.localtime(value), pgettext("format of a date", "j M Y"))


@register.filter
def day_and_time(value: dt.datetime) -> str:
    """Return a date and a time of day with its zone."""
    return date_format(timezone.localtime(value), pgettext("format of a date and a time", "j M Y, H:i e"))


@register.filter
def of(values: Mapping[Any, Any], key: Any) -> Any:
    """Return what a mapping has for a key, or None."""
    return values.get(key)


@register.filter
def order_status(status: str) -> str:
    """Return an order's status in the reader's language."""
    return str(OrderStatus(status).label)


@register.filter
def signed(number: int) -> str:
    """Return a number that says which way it goes: +5, −5."""
    return f"+{number}" if number > 0 else str(number).replace("-", "\N{MINUS SIGN}")


@register.filter
def cancel_reason(reason: str) -> str:
    """Return why an order was cancelled in the reader's language."""
    return str(CancelReason(reason).label) if reason else ""


@register.filter
def country_name(code: str) -> str:
    """Return a country's name in the reader's language, or the code itself if it is none."""
    return str(find_locale(get_language() or "en").territories.get(code, code))


@register.filter(is_safe=True)
def sentence_case(text: str) -> str:
    """Return a library's heading or label, in English written Like This, as the shop writes its own."""
    words = text.strip()
    return words[:1].upper() + words[1:].lower() if (get_language() or "en").startswith("en") else words


@register.simple_tag(takes_context=True)
def query_with(context: Context, **changes: object) -> str:
    """Return the query string of this page with some parameters changed; None takes one out."""
    return change_query(context["request"].GET, **changes)


@register.simple_tag(takes_context=True)
def query_without(context: Context, name: str, value: str) -> str:
    """Return the query string of this page with one of a parameter's values taken out, on the first page."""
    parameters = context["request"].GET.copy()
    parameters.setlist(name, [other for other in parameters.getlist(name) if other.strip() != value])
    return change_query(parameters, page=None)


@register.filter
def absolute(path: str) -> str:
    """Return an address of this shop with its host."""
    return make_absolute(path)


@register.filter
def in_short(html: str) -> str:
    """Return the first words of a description, without its markup."""
    return Truncator(to_text(html)).chars(160)


def change_query(query: QueryDict, **changes: object) -> str:
    """Return a query string with some parameters changed; None takes one out."""
    parameters = query.copy()
    for name, value in changes.items():
        parameters.pop(name, None)
        if value is not None:
            parameters[name] = str(value)
    return f"?{parameters.urlencode()}"


@register.filter
def clean_html(text: str) -> SafeString:
    """Return a product's description, reduced to text markup however it got into the database."""
    return mark_safe(clean_description(text))  # noqa: S308 - this line is what makes it safe
