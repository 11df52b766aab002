"""By which options a list can be narrowed, and how many products each would leave."""

from collections import defaultdict
from typing import Final

from django.db.models import Count, Min, QuerySet

from shop.models import Product
from shop.search.models import VariantOption
from shop.search.types import Choice, OptionChoices

_MOST_OPTIONS: Final = 4
_MOST_CHOICES: Final = 12
# What is common among so many is common in a list of any length.
_MOST_PRODUCTS: Final = 50_000


def list_option_choices(products: QuerySet[Product]) -> tuple[OptionChoices, ...]:
    """Return the options most products of a list have, with their commonest values as staff put them.

    An option all of whose products have one value narrows nothing, and is left out. Two queries: the database
    would otherwise look at every option of the shop, and ask of each whether its product was found.
    """
    found = list(products.order_by().values_list("id", flat=True)[:_MOST_PRODUCTS])
    rows = (
        VariantOption.objects.filter(product_id__in=found)
        .values("name", "value")
        .annotate(products=Count("product_id", distinct=True), first=Min("variant_id"))
        # One way of writing for each, whichever the database met.
        .order_by("-products", "first")
        .values_list("name", "value", "products", "first")
    )
    by_name: dict[str, list[tuple[str, int, int]]] = defaultdict(list)
    names: dict[str, str] = {}
    for name, value, count, first in rows:
        by_name[names.setdefault(name.casefold(), name)].append((value, count, first))
    several = [(name, values) for name, values in by_name.items() if len(values) > 1]
    return tuple(_to_choices(name, values) for name, values in several[:_MOST_OPTIONS])


def _to_choices(name: str, values: list[tuple[str, int, int]]) -> OptionChoices:
    shown = sorted(values[:_MOST_CHOICES], key=lambda row: row[2])
    return OptionChoices(name, tuple(Choice(value, count) for value, count, _first in shown))
