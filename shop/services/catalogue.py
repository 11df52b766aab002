"""Writing the catalogue: a product, its variants with their stock items, its pictures, all or nothing."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from inventory.errors import DuplicateSku
from inventory.selectors import get_levels_by_id, get_stock_levels
from inventory.services import create_stock_item, set_locking_strategy
from inventory.transactions import run_in_transaction
from shop.models import Product, ProductImage, Variant
from shop.richtext import clean_description
from shop.search.indexing import index_products

_DEFAULT_STRATEGY: Final = "conditional"


@dataclass(frozen=True, slots=True)
class NewVariant:
    """A variant to be, and the stock item it is to be sold from."""

    variant: Variant
    sku: str
    initial_quantity: int = 0


@dataclass(frozen=True, slots=True)
class ProductDraft:
    """A product as it is to be: rows with their new values, not saved yet.

    `locking_strategy` is for the stock items of all variants; None leaves each as it is, and gives new ones
    what the others agree on.
    """

    product: Product
    new_variants: Sequence[NewVariant] = ()
    changed_variants: Sequence[Variant] = ()
    removed_variants: Sequence[Variant] = ()
    images: Sequence[ProductImage] = ()
    removed_images: Sequence[ProductImage] = ()
    locking_strategy: str | None = None


def save_product(*, draft: ProductDraft, actor: str, now: dt.datetime) -> None:
    """Write a product with everything that belongs to it. Stock of existing variants is not touched.

    A new variant gets a new stock item with its first units, or one that no variant is sold from, as it
    is. Raises DuplicateSku, UnknownStrategy, InvalidQuantity, StockBusy. Opens a transaction or joins one.
    """

    def save() -> None:
        product = draft.product
        product.description = clean_description(product.description)
        product.save()
        for row in [*draft.removed_variants, *draft.removed_images]:
            row.delete()
        for variant in draft.changed_variants:
            variant.save(update_fields=["options", "price_amount", "weight_grams", "position", "is_active"])
        strategy = draft.locking_strategy or find_locking_strategy(product_id=product.pk)
        for new in draft.new_variants:
            _add_variant(product, new, strategy, actor=actor, now=now)
        for image in draft.images:
            image.product = product
            image.save()
        if draft.locking_strategy:
            set_locking_strategy(stock_item_ids=_list_stock_items(product.pk), name=draft.locking_strategy)
        index_products(product_ids=[product.pk])

    run_in_transaction(save, join=True)


def find_locking_strategy(*, product_id: int) -> str | None:
    """Return the strategy all variants of a product are sold by, or None if they differ or there are none."""
    levels = get_levels_by_id(ids=_list_stock_items(product_id))
    names = {level.locking_strategy for level in levels.values()}
    return names.pop() if len(names) == 1 else None


def is_sku_taken(*, sku: str, initial_quantity: int = 0) -> bool:
    """Say whether a new variant cannot have this SKU: another is sold from it, or it has units of its own."""
    level = get_stock_levels(skus=[sku]).get(sku)
    if level is None:
        return False
    return bool(initial_quantity) or Variant.objects.filter(stock_item_id=level.id).exists()


def _add_variant(
    product: Product, new: NewVariant, strategy: str | None, *, actor: str, now: dt.datetime
) -> None:
    if is_sku_taken(sku=new.sku, initial_quantity=new.initial_quantity):
        raise DuplicateSku(new.sku)
    level = get_stock_levels(skus=[new.sku]).get(new.sku) or create_stock_item(
        sku=new.sku,
        on_hand=new.initial_quantity,
        locking_strategy=strategy or _DEFAULT_STRATEGY,
        actor=actor,
        reason="first stock",
        now=now,
    )
    new.variant.product = product
    new.variant.stock_item_id = level.id
    new.variant.save()


def _list_stock_items(product_id: int) -> list[int]:
    variants = Variant.objects.listed().filter(product_id=product_id)
    return list(variants.values_list("stock_item_id", flat=True))
