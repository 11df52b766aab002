"""What the columns of a WooCommerce row mean."""

import re
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _

from shop.imports.cells import (
    clean_description,
    clean_text,
    parse_flag,
    parse_moment,
    parse_price,
)
from shop.imports.context import Context
from shop.imports.drafts import Facts
from shop.imports.errors import CellProblem, RowProblem
from shop.imports.tables import Aliases, Row

MAX_ATTRIBUTES: Final = 30
# What a shop may weigh in, in grams.
_UNITS: Final = {
    "g": Decimal(1),
    "kg": Decimal(1000),
    "lbs": Decimal("453.59237"),
    "oz": Decimal("28.349523125"),
}
ALIASES: Final[Aliases] = {
    "id": ("id",),
    "type": ("type",),
    "sku": ("sku",),
    "name": ("name",),
    "published": ("published",),
    "visibility": ("visibility in catalog", "visibility in catalogue"),
    "summary": ("short description",),
    "description": ("description",),
    "sale starts": ("date sale price starts",),
    "sale ends": ("date sale price ends",),
    "in stock": ("in stock?",),
    "stock": ("stock", "stock quantity"),
    "backorders": ("backorders allowed?", "backorders"),
    "sale price": ("sale price",),
    "price": ("regular price",),
    **{unit: (f"weight ({unit})",) for unit in _UNITS},
    "categories": ("categories",),
    "vendor": ("brands", "brand"),
    "images": ("images",),
    "parent": ("parent",),
    "members": ("grouped products",),
    "url": ("external url",),
    "button": ("button text",),
    "position": ("position",),
    **{f"attribute {n} name": (f"attribute {n} name",) for n in range(1, MAX_ATTRIBUTES + 1)},
    **{f"attribute {n} value": (f"attribute {n} value(s)",) for n in range(1, MAX_ATTRIBUTES + 1)},
}
_OUT_OF_STOCK: Final = {"0", "no", "false", "outofstock"}
_BACKORDERS: Final = {"1", "yes", "true", "notify"}


def read_kind(row: Row) -> str:
    """Return what a row is; "simple, downloadable, virtual" is simple."""
    kinds = [kind.strip().lower() for kind in row.get("type").split(",")]
    return next((kind for kind in kinds if kind not in ("virtual", "downloadable")), "simple")


def read_price(row: Row, context: Context) -> int | None:
    """Return today's price in minor units: the sale price while the sale lasts. None if there is none."""
    text = row.get("price")
    if not text:
        return None
    regular = _read_amount(row, "price", context)
    if not row.get("sale price"):
        return regular
    sale = _read_amount(row, "sale price", context)
    try:
        is_on = sale < regular and _is_sale_on(row, context)
    except CellProblem as problem:
        context.remark(
            "notes", row, "sale ends", _("the sale is left out: %(why)s") % {"why": problem.reason}
        )
        return regular
    if is_on and row.get("sale ends"):
        context.remark("notes", row, "sale ends", _("the sale price stays until the next import"))
    return sale if is_on else regular


def _read_amount(row: Row, field: str, context: Context) -> int:
    try:
        return parse_price(row.get(field), currency=context.currency)
    except CellProblem as problem:
        raise RowProblem(field, problem.reason) from problem


def _is_sale_on(row: Row, context: Context) -> bool:
    starts, ends = row.get("sale starts"), row.get("sale ends")
    if starts and context.now < parse_moment(starts, end_of_day=False):
        return False
    return not ends or context.now <= parse_moment(ends, end_of_day=True)


def read_stock(row: Row, context: Context) -> int | None:
    """Return the units on hand, or None where the file does not count them."""
    if row.get("backorders").lower() in _BACKORDERS:
        context.remark(
            "notes", row, "backorders", _("sold beyond its stock elsewhere; here stock is the limit")
        )
    text = row.get("stock")
    # "parent": one number for all variations together, which cannot be shared out.
    if not text or text.lower() == "parent":
        if row.get("in stock").lower() in _OUT_OF_STOCK:
            return 0
        context.note_untracked(row)
        return None
    return context.read_units(row)


def read_weight(row: Row, context: Context) -> int | None:
    """Return what one unit weighs in grams, or None if the row does not say."""
    weights = (context.read_weight(row, unit, grams=grams) for unit, grams in _UNITS.items())
    return next((weight for weight in weights if weight is not None), None)


def read_options(row: Row) -> tuple[tuple[str, str], ...]:
    """Return the attributes that set a variation apart; an empty one means that any value will do."""
    pairs = (
        (clean_text(row.get(f"attribute {n} name")), clean_text(row.get(f"attribute {n} value")))
        for n in range(1, MAX_ATTRIBUTES + 1)
    )
    return tuple((name or _("Option"), value) for name, value in pairs if value)


def read_published(row: Row) -> bool:
    """Return whether a row is published: 1, as opposed to 0 (private) and -1 (draft)."""
    try:
        return parse_flag(row.get("published"), default=True)
    except CellProblem as problem:
        raise RowProblem("published", problem.reason) from problem


def read_position(row: Row, fallback: int) -> int:
    """Return where a variation stands among its siblings."""
    text = row.get("position")
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else fallback


def read_facts(row: Row, context: Context, *, extra: str = "") -> Facts:
    """Return what a row says about a product; `extra` is HTML to go under its description."""
    is_published = read_published(row)
    field = "published"
    if row.get("visibility").lower() == "hidden":
        is_published, field = False, "visibility"
    if not is_published:
        context.remark("notes", row, field, _("imported, but not published"))
    return Facts(
        name=read_name(row),
        description=_join_descriptions(row, extra),
        vendor=clean_text(row.get("vendor")).partition(",")[0],
        categories=_read_categories(row, context),
        is_published=is_published,
    )


def read_name(row: Row) -> str:
    """Return a product's name, or its SKU for want of one. Raises RowProblem."""
    name = clean_text(row.get("name")) or row.get("sku")
    if not name:
        raise RowProblem("name", _("neither name nor SKU"))
    return name


def _join_descriptions(row: Row, extra: str) -> str:
    parts = [clean_description(row.get(field)) for field in ("summary", "description")]
    unique = list(dict.fromkeys(part for part in parts if part))
    return "\n".join([*unique, *([clean_description(extra)] if extra else [])])


def _read_categories(row: Row, context: Context) -> tuple[tuple[str, ...], ...]:
    """Return the category paths, the deepest first: "Clothing, Clothing > Hoodies" is about hoodies."""
    texts = [text.replace("\\,", ",") for text in re.split(r"(?<!\\),", row.get("categories"))]
    paths = [tuple(name for name in map(clean_text, text.split(">")) if name) for text in texts]
    paths = sorted(filter(None, paths), key=len, reverse=True)
    if any(path != paths[0][: len(path)] for path in paths[1:]):
        reason = _("a product stands in one category here: %(category)s")
        context.remark("notes", row, "categories", reason % {"category": " > ".join(paths[0])})
    return tuple(paths)
