"""What the catalogue and the cart hand to their readers. Amounts are minor units of the shop's currency."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# What one line of a cart may hold; a larger order is a conversation with the shop, not a form.
MAX_LINE_QUANTITY: Final = 999
MAX_CART_LINES: Final = 100


@dataclass(frozen=True, slots=True)
class CategoryView:
    """One shelf of the catalogue."""

    id: int
    name: str
    slug: str
    parent_id: int | None = None


@dataclass(frozen=True, slots=True)
class ImageView:
    """One picture of a product: as it was uploaded, and in sizes of at most 320, 640 and 1200 pixels."""

    url: str
    alt: str
    small: str
    medium: str
    large: str

    @property
    def srcset(self) -> str:
        """What a browser chooses from, by the room there is and by its screen."""
        return f"{self.small} 320w, {self.medium} 640w, {self.large} 1200w"


@dataclass(frozen=True, slots=True)
class VariantView:
    """One buyable form of a product, and how many could be promised when this was read."""

    id: int
    sku: str
    options: tuple[tuple[str, str], ...]
    price_amount: int
    available: int
    is_low: bool

    @property
    def label(self) -> str:
        """The chosen options as people say them: "M / Red"; empty for a product with one form."""
        return " / ".join(value for _name, value in self.options)

    @property
    def is_sold_out(self) -> bool:
        """Whether nobody can be promised one right now."""
        return self.available <= 0

    @property
    def most(self) -> int:
        """The largest quantity worth asking for."""
        return max(1, min(self.available, MAX_LINE_QUANTITY))


@dataclass(frozen=True, slots=True)
class VariantGroup:
    """Variants with the same first of several options, each with what tells it from the others."""

    legend: str
    value: str
    choices: tuple[tuple[VariantView, str], ...]


@dataclass(frozen=True, slots=True)
class ProductView:
    """One published product with everything a page shows of it."""

    id: int
    name: str
    slug: str
    description: str
    vendor: str
    category: CategoryView | None
    images: tuple[ImageView, ...]
    variants: tuple[VariantView, ...]

    @property
    def image(self) -> ImageView | None:
        """The first picture."""
        return self.images[0] if self.images else None

    @property
    def price_from(self) -> int | None:
        """The lowest price, or None while there is nothing to buy."""
        return min((variant.price_amount for variant in self.variants), default=None)

    @property
    def has_price_range(self) -> bool:
        """Whether the variants differ in price."""
        return len({variant.price_amount for variant in self.variants}) > 1

    @property
    def is_sold_out(self) -> bool:
        """Whether no variant can be promised to anybody right now."""
        return all(variant.is_sold_out for variant in self.variants)

    @property
    def is_low(self) -> bool:
        """Whether something is left, but of no variant more than a few."""
        return not self.is_sold_out and all(variant.is_low for variant in self.variants)

    @property
    def available(self) -> int:
        """Units of all variants together."""
        return sum(variant.available for variant in self.variants)

    @property
    def first_available_id(self) -> int | None:
        """The variant to propose."""
        return next((variant.id for variant in self.variants if not variant.is_sold_out), None)

    @property
    def variant_groups(self) -> Sequence[VariantGroup]:
        """The variants as a page offers them: in one row, or a row for each value of the first option."""
        if any(len(variant.options) < 2 for variant in self.variants):
            legend = " / ".join(name for name, _value in self.variants[0].options) if self.variants else ""
            return [
                VariantGroup(
                    legend, "", tuple((variant, variant.label or variant.sku) for variant in self.variants)
                )
            ]
        rows: dict[tuple[str, str], list[tuple[VariantView, str]]] = {}
        for variant in self.variants:
            rest = " / ".join(value for _name, value in variant.options[1:])
            rows.setdefault(variant.options[0], []).append((variant, rest))
        return [VariantGroup(name, value, tuple(choices)) for (name, value), choices in rows.items()]


@dataclass(frozen=True, slots=True)
class ProductPage:
    """One page of a list of products."""

    products: tuple[ProductView, ...]
    number: int
    page_count: int
    total: int

    @property
    def previous_number(self) -> int | None:
        """The page before this one."""
        return self.number - 1 if self.number > 1 else None

    @property
    def next_number(self) -> int | None:
        """The page after this one."""
        return self.number + 1 if self.number < self.page_count else None


@dataclass(frozen=True, slots=True)
class CartLineView:
    """A number of units of one variant in a cart, and whether they could be had when this was read."""

    variant_id: int
    sku: str
    product_name: str
    product_slug: str
    label: str
    image: ImageView | None
    unit_price: int
    quantity: int
    available: int
    is_for_sale: bool
    # What its price with shipping and taxes depends on.
    product_id: int = 0
    category_id: int | None = None
    tax_class_id: int | None = None
    weight_grams: int = 0
    # Of offers only: when the flash sale ends, and how many one customer may buy (0: no limit).
    sale_ends_at: dt.datetime | None = None
    limit: int = 0

    @property
    def line_total(self) -> int:
        """Price of the whole line in minor units."""
        return self.unit_price * self.quantity

    @property
    def obtainable(self) -> int:
        """How many of the wanted units could be had."""
        if not self.is_for_sale:
            return 0
        return min(self.quantity, max(self.available, 0), self.limit or self.quantity)

    @property
    def is_over_limit(self) -> bool:
        """Whether it is the limit of the flash sale that stands in the way."""
        return bool(self.limit) and self.quantity > self.limit

    @property
    def is_short(self) -> bool:
        """Whether less can be had than is wanted."""
        return self.obtainable < self.quantity


@dataclass(frozen=True, slots=True)
class CartView:
    """A cart as it was when it was read."""

    id: int
    checkout_key: str
    lines: tuple[CartLineView, ...]

    @property
    def total_amount(self) -> int:
        """Sum of the lines in minor units."""
        return sum(line.line_total for line in self.lines)

    @property
    def unit_count(self) -> int:
        """Units of all lines together."""
        return sum(line.quantity for line in self.lines)

    @property
    def is_short(self) -> bool:
        """Whether some line wants more than can be had."""
        return any(line.is_short for line in self.lines)

    @property
    def quantities(self) -> Sequence[tuple[str, int]]:
        """(SKU, quantity) of every line."""
        return [(line.sku, line.quantity) for line in self.lines]
