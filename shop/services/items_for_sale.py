"""What an order needs to know of things for sale: one query, plain values.

The query is the models' own (`VariantQuerySet.for_sale`), turned into SQL once for each number of SKUs:
putting it together anew costs more than running it, and every order begins with it.
"""

import datetime as dt
import json
from collections.abc import Collection
from functools import lru_cache
from typing import Any, Final, NamedTuple

from django.db import connection

from shop.models import Variant


class ItemForSale(NamedTuple):
    """One thing for sale. What comes after the weight is None for all but offers of flash sales."""

    sku: str
    stock_item_id: int
    product_name: str
    options: list[list[str]]
    price_amount: int
    product_id: int
    category_id: int | None
    tax_class_id: int | None
    weight_grams: int
    sale_id: int | None
    limit_per_customer: int | None
    payment_window_seconds: int | None


_COLUMNS: Final = (
    "stock_item__sku",
    "stock_item_id",
    "product__name",
    "options",
    "price_amount",
    "product_id",
    "product__category_id",
    "product__tax_class_id",
    "weight_grams",
    "sale__id",
    "sale__limit_per_customer",
    "sale__payment_window_seconds",
)
# Stand for what differs from one call to the next.
_SOME_TIME: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_SOME_SKU: Final = "\0sku"


def read_items_for_sale(*, skus: Collection[str], now: dt.datetime) -> dict[str, ItemForSale]:
    """Return what can be bought at this moment among these SKUs, by SKU."""
    if not skus:
        return {}
    sql, parameters = _make_query(len(skus))
    remaining, moment = iter(skus), _adapt(now)
    values = [
        next(remaining) if value == _SOME_SKU else moment if value == _SOME_TIME else value
        for value in parameters
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows = cursor.fetchall()
    return {
        sku: ItemForSale(sku, id_, name, json.loads(options), *rest)
        for sku, id_, name, options, *rest in rows
    }


@lru_cache(maxsize=256)
def _make_query(number_of_skus: int) -> tuple[str, tuple[Any, ...]]:
    # Unlike values in a set, these stay as many as there are.
    skus = [f"{_SOME_SKU}{number}" for number in range(number_of_skus)]
    variants = Variant.objects.for_sale(_SOME_TIME).filter(stock_item__sku__in=skus)
    sql, parameters = variants.values_list(*_COLUMNS).query.sql_with_params()
    marks = {**dict.fromkeys(skus, _SOME_SKU), _adapt(_SOME_TIME): _SOME_TIME}
    return sql, tuple(marks.get(value, value) for value in parameters)


def _adapt(moment: dt.datetime) -> Any:
    """Return a moment as the database takes it."""
    return connection.ops.adapt_datetimefield_value(moment)
