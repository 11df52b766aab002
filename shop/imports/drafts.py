"""What every dialect is turned into before anything is saved.

Amounts are minor units, stock is whole units.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VariantDraft:
    """One buyable form.

    `on_hand` is None where the file does not count stock, `weight_grams` where it does not say a weight.
    """

    line: int
    sku: str
    options: tuple[tuple[str, str], ...]
    price_amount: int
    on_hand: int | None
    position: int
    weight_grams: int | None = None
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """What is said about a product itself.

    A category is its path from the top; the product stands in the first.
    """

    name: str
    description: str
    vendor: str
    categories: tuple[tuple[str, ...], ...]
    is_published: bool


@dataclass(frozen=True, slots=True)
class ProductDraft:
    """A product, or (without `facts`) more variants for one.

    `key` is the same for all drafts of one product of the file. `siblings` are SKUs by which a product
    imported before is known again, beyond those of `variants`.
    """

    line: int
    key: str
    slug: str
    facts: Facts | None
    variants: tuple[VariantDraft, ...]
    siblings: tuple[str, ...] = ()

    @property
    def skus(self) -> list[str]:
        """Every SKU that speaks for this product."""
        return [*(variant.sku for variant in self.variants), *self.siblings]
