"""Which products are found by words and filters, as a query."""

from collections.abc import Collection, Sequence
from functools import reduce
from operator import and_
from typing import Final

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When

from inventory.selectors import express_available
from shop.models import Product, Variant
from shop.search.models import SearchTerm, VariantOption
from shop.search.types import Filters, Sort
from shop.search.words import Wanted

_ORDERS: Final = {
    Sort.BEST: ("-id",),
    Sort.CHEAPEST: (F("lowest_price").asc(nulls_last=True), "-id"),
    Sort.DEAREST: (F("highest_price").desc(nulls_last=True), "-id"),
    Sort.NAME: ("name", "id"),
}


def find_by_words(products: QuerySet[Product], wanted: Sequence[Wanted]) -> QuerySet[Product]:
    """Keep the products by which every term is found: a range of the terms' index for each."""
    for term in wanted:
        # A plain LIKE, which the index serves; the column is compared byte by byte all the same.
        matches = Q(term__istartswith=term.term) if term.is_start else Q(term=term.term)
        products = products.filter(id__in=SearchTerm.objects.filter(matches).values("product_id"))
    return products


def narrow(products: QuerySet[Product], filters: Filters) -> QuerySet[Product]:
    """Keep the products that pass the filters."""
    if filters.lowest_price is not None:
        products = products.filter(highest_price__gte=filters.lowest_price)
    if filters.highest_price is not None:
        products = products.filter(lowest_price__lte=filters.highest_price)
    if filters.in_stock or filters.options:
        products = products.filter(Exists(_list_suitable(filters)))
    return products


def sort(products: QuerySet[Product], *, by: Sort, wanted: Sequence[Wanted] = ()) -> QuerySet[Product]:
    """Put products in order; by default the newest first, and before them those named by the words."""
    order = _ORDERS[by]
    if by == Sort.BEST and wanted:
        named = reduce(and_, (Q(name__icontains=term.term) for term in wanted))
        products = products.alias(is_named=Case(When(named, then=Value(1)), default=Value(0)))
        return products.order_by("-is_named", *order)
    return products.order_by(*order)


def _list_suitable(filters: Filters) -> QuerySet[Variant]:
    variants = Variant.objects.listed().filter(product=OuterRef("pk"), is_active=True)
    for name, values in filters.options:
        variants = variants.filter(Exists(_list_options(name, values)))
    if filters.in_stock:
        variants = variants.alias(left=express_available(through="stock_item")).filter(left__gt=0)
    return variants


def _list_options(name: str, values: Collection[str]) -> QuerySet[VariantOption]:
    return VariantOption.objects.filter(variant_id=OuterRef("pk"), name=name, value__in=values)
