"""Writing what products are found by, whenever they change."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

from django.db import connection
from django.db.models import Model

from inventory.transactions import require_transaction, run_in_transaction
from shop.models import Product, Variant
from shop.search.models import NAME_LENGTH, SearchTerm, VariantOption
from shop.search.words import split_text, strip_markup

_PRODUCTS_AT_A_TIME: Final = 200
_ROWS_AT_A_TIME: Final = 5_000
# A description of any length says what it is about early on.
_MOST_DESCRIBED: Final = 20_000
_MOST_TERMS: Final = 2_000

Option = tuple[str, str, int, int]


def index_products(*, product_ids: Collection[int]) -> None:
    """Bring terms, options and the lowest and highest price of these products up to date.

    Needs a transaction, the one that changed them: its products are locked, so that of two who save a product
    the later one writes what it is found by.
    """
    require_transaction()
    products = {
        product.pk: product
        for product in Product.objects.select_for_update().filter(id__in=product_ids).order_by("id")
    }
    variants: dict[int, list[Variant]] = defaultdict(list)
    listed = Variant.objects.listed().filter(product_id__in=products, is_active=True)
    for variant in listed.select_related("stock_item").order_by("position", "id"):
        variants[variant.product_id].append(variant)
    _write_terms({id_: _list_terms(product, variants[id_]) for id_, product in products.items()})
    _write_options(products, {option for rows in variants.values() for option in _list_options(rows)})
    _write_prices(products.values(), variants)


def rebuild(*, on_progress: Callable[[int], None] = lambda _products: None) -> int:
    """Index every product anew, some in a transaction each; return how many there were."""
    last_id = done = 0
    while ids := list(
        Product.objects.filter(id__gt=last_id)
        .order_by("id")
        .values_list("id", flat=True)[:_PRODUCTS_AT_A_TIME]
    ):
        run_in_transaction(lambda batch=tuple(ids): index_products(product_ids=batch))  # type: ignore[misc]
        last_id, done = ids[-1], done + len(ids)
        on_progress(done)
    return done


def _list_terms(product: Product, variants: Iterable[Variant]) -> set[str]:
    about = split_text(f"{product.name} {product.vendor}")
    for variant in variants:
        about |= split_text(variant.stock_item.sku)
        about |= split_text(" ".join(value for _name, value in variant.options))
    described = split_text(strip_markup(product.description[:_MOST_DESCRIBED])) - about
    return {*sorted(about)[:_MOST_TERMS], *sorted(described)[: max(_MOST_TERMS - len(about), 0)]}


def _list_options(variants: Iterable[Variant]) -> set[Option]:
    return {
        (name[:NAME_LENGTH], value[:NAME_LENGTH], variant.pk, variant.product_id)
        for variant in variants
        for name, value in variant.options
    }


def _write_terms(wanted: Mapping[int, set[str]]) -> None:
    present: dict[int, set[str]] = defaultdict(set)
    rows = SearchTerm.objects.filter(product_id__in=wanted).values_list("product_id", "term")
    for product_id, term in rows:
        present[product_id].add(term)
    for product_id, terms in present.items():
        if gone := terms - wanted[product_id]:
            SearchTerm.objects.filter(product_id=product_id, term__in=gone).delete()
    missing = sorted((term, id_) for id_, terms in wanted.items() for term in terms - present[id_])
    _insert(SearchTerm, ("term", "product_id"), missing)


def _write_options(product_ids: Collection[int], wanted: set[Option]) -> None:
    rows = VariantOption.objects.filter(product_id__in=product_ids)
    present = set(rows.values_list("name", "value", "variant_id", "product_id"))
    for name, value, variant_id, _product_id in present - wanted:
        VariantOption.objects.filter(name=name, value=value, variant_id=variant_id).delete()
    # One variant may say one thing twice, in two ways of writing that the database takes for the same.
    _insert(VariantOption, ("name", "value", "variant_id", "product_id"), sorted(wanted - present))


def _insert(model: type[Model], columns: Sequence[str], rows: Sequence[tuple[str | int, ...]]) -> None:
    """Insert rows that are not there yet. Without model instances, which take most of an import's time."""
    table, places = model._meta.db_table, ", ".join(["%s"] * len(columns))
    sql = f"INSERT IGNORE INTO {table} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608 - our own names
    with connection.cursor() as cursor:
        for first in range(0, len(rows), _ROWS_AT_A_TIME):
            cursor.executemany(sql, rows[first : first + _ROWS_AT_A_TIME])


def _write_prices(products: Iterable[Product], variants: Mapping[int, list[Variant]]) -> None:
    changed = []
    for product in products:
        prices = [variant.price_amount for variant in variants.get(product.pk, ())]
        lowest, highest = min(prices, default=None), max(prices, default=None)
        if (product.lowest_price, product.highest_price) != (lowest, highest):
            product.lowest_price, product.highest_price = lowest, highest
            changed.append(product)
    if changed:
        Product.objects.bulk_update(changed, ["lowest_price", "highest_price"])
