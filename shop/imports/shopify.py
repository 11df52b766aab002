"""Shopify's product export, with the headers of both generations.

All rows of one handle are one product. The first carries the title and the names of the options; those after
it add variants, or only pictures.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Final

from django.utils.translation import gettext as _

from shop.imports.cells import clean_description, clean_text, make_slug, parse_flag, parse_price
from shop.imports.context import Context, list_rows
from shop.imports.drafts import Facts, ProductDraft, VariantDraft
from shop.imports.errors import CellProblem, RowProblem
from shop.imports.tables import Aliases, Row, Table

_OPTIONS: Final = (1, 2, 3)
_ALIASES: Final[Aliases] = {
    "handle": ("handle", "url handle"),
    "title": ("title",),
    "description": ("body (html)", "body html", "description"),
    "vendor": ("vendor",),
    "type": ("type",),
    "taxonomy": ("product category",),
    "published": ("published", "published on online store"),
    "status": ("status",),
    "sku": ("variant sku", "sku"),
    "tracker": ("variant inventory tracker", "inventory tracker"),
    "stock": ("variant inventory qty", "inventory quantity"),
    "policy": ("variant inventory policy", "continue selling when out of stock"),
    "price": ("variant price", "price"),
    "grams": ("variant grams", "weight value (grams)"),
    "image": ("image src", "product image url"),
    **{f"option{n} name": (f"option{n} name",) for n in _OPTIONS},
    **{f"option{n} value": (f"option{n} value",) for n in _OPTIONS},
}
_REQUIRED: Final = ("handle", "title", "price")
_HIDDEN_STATUS: Final = {"draft", "archived", "unlisted"}


class Shopify:
    """See Dialect in `shop.imports.dialects`."""

    name = "Shopify"
    expects = "Handle (or URL handle), Title, Variant Price (or Price)"
    # A handle names a product for good; it is the address customers know.
    slug_is_identity = True

    def recognises(self, table: Table) -> bool:
        """Whether the header is Shopify's."""
        return table.locate(_ALIASES).positions.keys() >= set(_REQUIRED)

    def read(self, table: Table, context: Context) -> Iterator[ProductDraft]:
        """Yield a draft for each run of rows with one handle."""
        context.file_slugs.update(
            make_slug(row.get("handle")) for row in list_rows(table, _ALIASES) if row.get("handle")
        )
        for handle, rows in groupby(list_rows(table, _ALIASES, context), key=lambda row: row.get("handle")):
            if not handle:
                for row in rows:
                    context.remark("errors", row, "handle", _("no handle"))
                continue
            if draft := _draft_product(make_slug(handle), list(rows), context):
                yield draft


def _draft_product(slug: str, rows: Sequence[Row], context: Context) -> ProductDraft | None:
    titled = next((row for row in rows if row.get("title")), None)
    names = _name_options(rows)
    variants, refused = [], 0
    for row in rows:
        context.note_pictures(row, "image")
        if not _has_variant(row):
            continue
        try:
            variants.append(_draft_variant(row, slug, names, context))
        except RowProblem as problem:
            context.refuse(row, problem)
            refused += 1
    if not variants and (refused or titled is None):
        return None
    if titled is not None and not variants:
        context.remark("notes", titled, "price", _("no variant on any row: shown, but nothing to buy"))
    try:
        facts = _read_facts(titled, context) if titled else None
    except RowProblem as problem:
        context.refuse(titled or rows[0], problem)
        return None
    return ProductDraft(rows[0].line, slug, slug, facts, tuple(variants))


def _name_options(rows: Iterable[Row]) -> dict[int, str]:
    """Options are named on the first row only."""
    names: dict[int, str] = {}
    for row in rows:
        for number in _OPTIONS:
            if name := clean_text(row.get(f"option{number} name")):
                names.setdefault(number, name)
    return names


def _has_variant(row: Row) -> bool:
    fields = ("sku", "price", "stock", *(f"option{number} value" for number in _OPTIONS))
    return any(row.get(field) for field in fields)


def _draft_variant(row: Row, slug: str, names: dict[int, str], context: Context) -> VariantDraft:
    price = _read_price(row, context)
    on_hand = _read_stock(row, context)
    options = _read_options(row, names)
    if text := row.get("sku"):
        sku = context.claim_sku(row, text)
    else:
        sku = context.claim_derived_sku(row, slug, [value for _name, value in options])
    if row.get("policy").lower() in ("continue", "true"):
        context.remark("notes", row, "policy", _("sold beyond its stock elsewhere; here stock is the limit"))
    grams = context.read_weight(row, "grams", grams=Decimal(1))
    return VariantDraft(row.line, sku, options, price, on_hand, context.next_position(slug), grams)


def _read_options(row: Row, names: dict[int, str]) -> tuple[tuple[str, str], ...]:
    pairs = [
        (names.get(number) or _("Option %(number)d") % {"number": number}, clean_text(value))
        for number in _OPTIONS
        if (value := row.get(f"option{number} value"))
    ]
    # How Shopify writes "there is only one form of it".
    if [(name.lower(), value.lower()) for name, value in pairs] == [("title", "default title")]:
        return ()
    return tuple(pairs)


def _read_price(row: Row, context: Context) -> int:
    text = row.get("price")
    if not text:
        raise RowProblem("price", _("no price"))
    try:
        return parse_price(text, currency=context.currency)
    except CellProblem as problem:
        raise RowProblem("price", problem.reason) from problem


def _read_stock(row: Row, context: Context) -> int | None:
    text = row.get("stock")
    if not text:
        context.note_untracked(row)
        return None
    return context.read_units(row)


def _read_facts(row: Row, context: Context) -> Facts:
    try:
        is_published = parse_flag(row.get("published"), default=True)
    except CellProblem as problem:
        raise RowProblem("published", problem.reason) from problem
    field = "published"
    if row.get("status").lower() in _HIDDEN_STATUS:
        is_published, field = False, "status"
    if not is_published:
        context.remark("notes", row, field, _("imported, but not published"))
    path = [row.get("type")] if row.get("type") else row.get("taxonomy").split(">")
    category = tuple(name for name in map(clean_text, path) if name)
    return Facts(
        name=clean_text(row.get("title")),
        description=clean_description(row.get("description")),
        vendor=clean_text(row.get("vendor")),
        categories=(category,) if category else (),
        is_published=is_published,
    )
