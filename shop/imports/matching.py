"""Which product of the shop is meant by a product of the file?"""

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from shop.imports.drafts import ProductDraft
from shop.models import Product, Variant


@dataclass(slots=True)
class Memory:
    """What one import has matched so far: product ids by the file's keys, and back, and the slugs it gave.

    The id is None where a dry run would have created the product.
    """

    products: dict[str, int | None] = field(default_factory=dict)
    owners: dict[int, str] = field(default_factory=dict)
    slugs: set[str] = field(default_factory=set)

    def update(self, other: "Memory") -> None:
        """Add what a batch has found, once it is saved."""
        self.products |= other.products
        self.owners |= other.owners
        self.slugs |= other.slugs


@dataclass(slots=True)
class Shelf:
    """The products and variants of the shop that a batch may be about, read in a few queries."""

    by_id: dict[int, Product]
    by_slug: dict[str, Product]
    variants: dict[int, Variant]
    # Stock items of flash sales, which are no business of a file.
    offered_ids: set[int]
    ids_with_variants: set[int]


def read_shelf(
    *, drafts: Sequence[ProductDraft], stock_item_ids: Collection[int], known_ids: Collection[int]
) -> Shelf:
    """Read whatever these drafts could be about."""
    sold_from = Variant.objects.filter(stock_item_id__in=stock_item_ids)
    offered_ids = set(sold_from.exclude(sale=None).values_list("stock_item_id", flat=True))
    variants = {variant.stock_item_id: variant for variant in sold_from.listed().select_related("product")}
    by_id = {variant.product_id: variant.product for variant in variants.values()}
    by_id |= Product.objects.in_bulk(set(known_ids) - by_id.keys())
    slugs = {draft.slug for draft in drafts if draft.slug}
    # The database finds "cafe" for "café", which are two products; the exact ones are picked out below.
    found = {product.slug: product for product in Product.objects.filter(slug__in=slugs)}
    by_id |= {product.pk: product for product in found.values()}
    with_variants = Variant.objects.filter(product_id__in=[product.pk for product in found.values()])
    ids_with_variants = set(with_variants.values_list("product_id", flat=True))
    return Shelf(by_id, found, variants, offered_ids, ids_with_variants)


def match_product(
    draft: ProductDraft,
    *,
    shelf: Shelf,
    owned_by_skus: Sequence[Product],
    memories: Sequence[Memory],
    file_slugs: Collection[str],
    slug_is_identity: bool,
) -> Product | None:
    """Return the product that this draft updates, or None for a new one.

    Where a slug is an identity, it decides, and a SKU only finds a product whose slug has changed since.
    Elsewhere SKUs decide, and a product of the same name is another one, unless it has nothing to sell by
    which to tell.
    """

    def is_free(product: Product) -> bool:
        return all(memory.owners.get(product.pk, draft.key) == draft.key for memory in memories)

    named_alike = shelf.by_slug.get(draft.slug)
    if slug_is_identity and named_alike:
        return named_alike
    for product in owned_by_skus:
        if is_free(product) and product.slug not in file_slugs:
            return product
    if (
        named_alike
        and is_free(named_alike)
        and named_alike.pk not in shelf.ids_with_variants
        and not slug_is_identity
    ):
        return named_alike
    return None


def find_free_slug(wanted: str, *, shelf: Shelf, memories: Sequence[Memory]) -> str:
    """Return the wanted slug, numbered if it is taken."""
    taken = {fold(slug) for slug in shelf.by_slug}
    candidate, number = wanted, 1
    while _is_taken(candidate, taken, memories, look_up=number > 1):
        number += 1
        candidate = f"{wanted}-{number}"
    return candidate


def _is_taken(slug: str, taken: set[str], memories: Sequence[Memory], *, look_up: bool) -> bool:
    folded = fold(slug)
    if folded in taken or any(folded in memory.slugs for memory in memories):
        return True
    return look_up and Product.objects.filter(slug=slug).exists()


def fold(slug: str) -> str:
    """Return a slug as the database's collation sees it: without accents and case."""
    plain = unicodedata.normalize("NFKD", slug.casefold())
    return "".join(character for character in plain if not unicodedata.combining(character))
