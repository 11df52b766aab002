"""WooCommerce's product export: one row for each product, and one for each variation, which names its parent.

Parents and variations may come in any order, so the file is read three times: to learn who belongs to whom,
for the products, and for the variations.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from shop.imports.cells import clean_text, derive_sku, make_slug
from shop.imports.context import Context, list_rows
from shop.imports.drafts import ProductDraft, VariantDraft
from shop.imports.errors import RowProblem
from shop.imports.tables import Row, Table
from shop.imports.woocommerce_fields import (
    ALIASES,
    read_facts,
    read_kind,
    read_name,
    read_options,
    read_position,
    read_price,
    read_published,
    read_stock,
    read_weight,
)

_REQUIRED: Final = ("type", "sku", "name", "price")


@dataclass(slots=True)
class _Families:
    """Who belongs to whom. Rows are referred to as exports do: by SKU or as "id:NN"."""

    keys: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    # What the SKUs of variations without one are made from: the parent's SKU or slug.
    bases: dict[str, str] = field(default_factory=dict)
    # Variations that do not say what they weigh weigh what their parent does.
    weights: dict[str, int | None] = field(default_factory=dict)
    children: dict[str, list[tuple[str, tuple[str, ...]]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, row: Row) -> None:
        """Learn from one row."""
        if read_kind(row) == "variation":
            values = tuple(value for _name, value in read_options(row))
            self.children[row.get("parent")].append((row.get("sku"), values))
            return
        key = _make_key(row)
        self.bases[key] = row.get("sku") or make_slug(row.get("name"))
        for reference in _list_references(row):
            self.keys.setdefault(reference, key)
            self.names.setdefault(reference, clean_text(row.get("name")))

    def list_child_skus(self, row: Row) -> tuple[str, ...]:
        """Return the SKUs of a parent's variations, as they are or will be made."""
        base = self.bases[_make_key(row)]
        return tuple(
            sku or derive_sku(base, values)
            for reference in _list_references(row)
            for sku, values in self.children.get(reference, ())
        )


class WooCommerce:
    """See Dialect in `shop.imports.dialects`."""

    name = "WooCommerce"
    expects = "Type, SKU, Name, Regular price"
    # Names are not unique and may change; the SKU is what such a shop knows a product by.
    slug_is_identity = False

    def recognises(self, table: Table) -> bool:
        """Whether the header is WooCommerce's."""
        return table.locate(ALIASES).positions.keys() >= set(_REQUIRED)

    def read(self, table: Table, context: Context) -> Iterator[ProductDraft]:
        """Yield a draft for each product, then drafts with variations only."""
        families = _Families()
        for row in list_rows(table, ALIASES):
            families.add(row)
        imported: set[str] = set()
        for row in list_rows(table, ALIASES, context):
            if read_kind(row) == "variation":
                continue
            try:
                families.weights[_make_key(row)] = read_weight(row, context)
                yield _draft_product(row, families, context)
                imported.add(_make_key(row))
            except RowProblem as problem:
                context.refuse(row, problem)
        yield from _read_variations(table, families, imported, context)


def _make_key(row: Row) -> str:
    return f"line {row.line}"


def _list_references(row: Row) -> list[str]:
    return [
        *([f"id:{row.get('id')}"] if row.get("id") else []),
        *([row.get("sku")] if row.get("sku") else []),
    ]


def _draft_product(row: Row, families: _Families, context: Context) -> ProductDraft:
    kind = read_kind(row)
    slug = make_slug(read_name(row))
    variants: tuple[VariantDraft, ...] = ()
    siblings: tuple[str, ...] = ()
    extra = ""
    context.note_pictures(row, "images")
    if kind == "simple":
        variants = _draft_only_variant(row, slug, families, context)
    elif kind == "variable":
        siblings = families.list_child_skus(row)
    elif kind == "grouped":
        extra = _name_members(row, families)
        context.remark("notes", row, "type", _("shown, but not for sale: its members are sold one by one"))
    elif kind == "external":
        extra = _link_elsewhere(row)
        context.remark("notes", row, "type", _("shown, but not for sale: it is sold elsewhere"))
    else:
        context.remark(
            "notes", row, "type", _("shown, but not for sale: products of this type are not known here")
        )
    facts = read_facts(row, context, extra=extra)
    return ProductDraft(row.line, _make_key(row), slug, facts, variants, siblings)


def _draft_only_variant(
    row: Row, slug: str, families: _Families, context: Context
) -> tuple[VariantDraft, ...]:
    price = read_price(row, context)
    if price is None:
        context.remark("notes", row, "price", _("no price: shown, but not for sale"))
        return ()
    on_hand = read_stock(row, context)
    text = row.get("sku")
    sku = context.claim_sku(row, text) if text else context.claim_derived_sku(row, slug, [])
    weight = families.weights[_make_key(row)]
    return (VariantDraft(row.line, sku, (), price, on_hand, position=0, weight_grams=weight),)


def _name_members(row: Row, families: _Families) -> str:
    members = [reference.strip() for reference in row.get("members").split(",") if reference.strip()]
    items = format_html_join(
        "", "<li>{}</li>", ((families.names.get(member) or member,) for member in members)
    )
    return format_html("<p>{}</p><ul>{}</ul>", _("Sold one by one:"), items) if members else ""


def _link_elsewhere(row: Row) -> str:
    url = row.get("url")
    text = clean_text(row.get("button")) or url
    return format_html('<p>{} <a href="{}">{}</a></p>', _("Not sold here:"), url, text) if url else ""


def _read_variations(
    table: Table, families: _Families, imported: set[str], context: Context
) -> Iterator[ProductDraft]:
    variations = (row for row in list_rows(table, ALIASES) if read_kind(row) == "variation")
    for parent, rows in groupby(variations, key=lambda row: row.get("parent")):
        key = families.keys.get(parent, "")
        drafts = []
        for row in rows:
            if key not in imported:
                context.remark("errors", row, "parent", _("its parent is not in the file, or was refused"))
                continue
            try:
                if variant := _draft_variation(row, key, families, context):
                    drafts.append(variant)
            except RowProblem as problem:
                context.refuse(row, problem)
        if drafts:
            yield ProductDraft(drafts[0].line, key, "", None, tuple(drafts))


def _draft_variation(row: Row, key: str, families: _Families, context: Context) -> VariantDraft | None:
    price = read_price(row, context)
    if price is None:
        context.remark("skipped", row, "price", _("no price: not for sale"))
        return None
    on_hand = read_stock(row, context)
    options = read_options(row)
    text = row.get("sku")
    values = [value for _name, value in options]
    sku = (
        context.claim_sku(row, text) if text else context.claim_derived_sku(row, families.bases[key], values)
    )
    position = read_position(row, context.next_position(key))
    weight = read_weight(row, context) or families.weights[key]
    return VariantDraft(row.line, sku, options, price, on_hand, position, weight, read_published(row))
