"""Saving drafts, a batch in a transaction.

Stock that is already there is not touched here: a live shop's counters are hot rows, and this transaction is
long.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from inventory.selectors import get_stock_levels
from inventory.services import create_stock_items
from inventory.types import NewStockItem, StockLevel
from shop.imports.categories import CategoryTree
from shop.imports.drafts import Facts, ProductDraft, VariantDraft
from shop.imports.matching import Memory, Shelf, find_free_slug, fold, match_product, read_shelf
from shop.imports.report import Entry, Outcome
from shop.models import Product, Variant
from shop.search.indexing import index_products

ACTOR = "import"
_NAME_LENGTH = 255
_VENDOR_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Rules:
    """How to save: how a product is known again, what a new SKU starts with if the file does not say."""

    slug_is_identity: bool
    untracked_stock: int
    dry_run: bool
    reason: str
    now: dt.datetime


@dataclass(frozen=True, slots=True)
class SavedVariant:
    """An accepted variant, its stock before the import (None: there was none) and what became of it."""

    product_key: str
    draft: VariantDraft
    level: StockLevel | None
    outcome: Outcome


@dataclass(slots=True)
class Saved:
    """What became of a batch."""

    memory: Memory = field(default_factory=Memory)
    products: dict[str, Outcome] = field(default_factory=dict)
    variants: list[SavedVariant] = field(default_factory=list)
    refused: list[Entry] = field(default_factory=list)


def save_batch(
    drafts: Sequence[ProductDraft],
    *,
    rules: Rules,
    memory: Memory,
    file_slugs: set[str],
    categories: CategoryTree,
) -> Saved:
    """Create and update what the drafts say and return what changed.

    Needs a transaction, unless it is a dry run.
    """
    return _Batch(drafts, rules, memory, file_slugs, categories).save()


class _Batch:
    def __init__(
        self,
        drafts: Sequence[ProductDraft],
        rules: Rules,
        memory: Memory,
        file_slugs: set[str],
        categories: CategoryTree,
    ) -> None:
        self.drafts, self.rules, self.file_slugs, self.categories = drafts, rules, file_slugs, categories
        self.saved = Saved()
        self.memories = (memory, self.saved.memory)
        self.levels = get_stock_levels(skus={sku for draft in drafts for sku in draft.skus})
        self.shelf: Shelf = read_shelf(
            drafts=drafts,
            stock_item_ids=[level.id for level in self.levels.values()],
            known_ids=[id_ for draft in drafts if (id_ := memory.products.get(draft.key))],
        )
        self.new_products: dict[str, Product] = {}
        self.changed_products: list[Product] = []
        self.new_variants: list[tuple[str, Variant, VariantDraft]] = []
        self.changed_variants: list[Variant] = []

    def save(self) -> Saved:
        for draft in self.drafts:
            self._plan_product(draft)
        if not self.rules.dry_run:
            self._write_products()
            self._write_variants()
            self._write_terms()
        return self.saved

    def _plan_product(self, draft: ProductDraft) -> None:
        is_known, product = self._find_product(draft)
        if draft.facts is None and not is_known:
            for variant in draft.variants:
                self._refuse(variant.line, _("no row with a title for this product"), variant.sku)
            return
        accepted = [variant for variant in draft.variants if self._accepts(variant, product)]
        if not is_known and draft.variants and not accepted:
            return
        outcome: Outcome = "unchanged"
        if product is None and not is_known and draft.facts:
            self._plan_new_product(draft, draft.facts)
            outcome = "created"
        elif product is not None and draft.facts and self._update_product(product, draft.facts):
            outcome = "updated"
        if product is not None:
            self.saved.memory.products[draft.key] = product.pk
            self.saved.memory.owners[product.pk] = draft.key
        changes = [self._plan_variant(draft.key, variant, product) for variant in accepted]
        if outcome == "unchanged" and any(change != "unchanged" for change in changes):
            outcome = "updated"
        self.saved.products[draft.key] = outcome

    def _find_product(self, draft: ProductDraft) -> tuple[bool, Product | None]:
        """Return whether the product exists (or, in a dry run, would by now) and its row if there is one."""
        for memory in self.memories:
            if draft.key in memory.products:
                id_ = memory.products[draft.key]
                return True, self.shelf.by_id.get(id_) if id_ else None
        owned = [
            variant.product
            for sku in draft.skus
            if (level := self.levels.get(sku)) and (variant := self.shelf.variants.get(level.id))
        ]
        product = match_product(
            draft,
            shelf=self.shelf,
            owned_by_skus=owned,
            memories=self.memories,
            file_slugs=self.file_slugs,
            slug_is_identity=self.rules.slug_is_identity,
        )
        return product is not None, product

    def _accepts(self, draft: VariantDraft, product: Product | None) -> bool:
        level = self.levels.get(draft.sku)
        if level and level.id in self.shelf.offered_ids:
            self._refuse(draft.line, _("the SKU belongs to a flash sale"), draft.sku)
            return False
        owner = self.shelf.variants.get(level.id) if level else None
        if owner is None or (product is not None and owner.product_id == product.pk):
            return True
        reason = _("the SKU belongs to another product: %(product)s") % {"product": owner.product.slug}
        self._refuse(draft.line, reason, draft.sku)
        return False

    def _refuse(self, line: int, reason: str, sku: str) -> None:
        self.saved.refused.append(Entry(line, "SKU", reason, sku))

    def _plan_new_product(self, draft: ProductDraft, facts: Facts) -> None:
        slug = find_free_slug(draft.slug, shelf=self.shelf, memories=self.memories)
        self.saved.memory.slugs.add(fold(slug))
        self.saved.memory.products[draft.key] = None
        self.new_products[draft.key] = Product(slug=slug, **self._to_columns(facts))

    def _update_product(self, product: Product, facts: Facts) -> bool:
        columns = self._to_columns(facts)
        # In a dry run, a category that is not there yet has no id, and is a change.
        changes = any(getattr(product, name) != value for name, value in columns.items())
        changes = changes or (bool(facts.categories) and columns["category_id"] is None)
        for name, value in columns.items():
            setattr(product, name, value)
        if changes:
            self.changed_products.append(product)
        return changes

    def _to_columns(self, facts: Facts) -> dict[str, object]:
        categories = [self.categories.find(path) for path in facts.categories]
        return {
            "name": facts.name[:_NAME_LENGTH],
            "description": facts.description,
            "vendor": facts.vendor[:_VENDOR_LENGTH],
            "category_id": categories[0] if categories else None,
            "is_published": facts.is_published,
        }

    def _plan_variant(self, key: str, draft: VariantDraft, product: Product | None) -> Outcome:
        level = self.levels.get(draft.sku)
        variant = self.shelf.variants.get(level.id) if level else None
        outcome: Outcome = "unchanged"
        if variant is None:
            new = Variant(product=product, **_to_variant_columns(draft), position=draft.position)
            self.new_variants.append((key, new, draft))
            outcome = "created"
        elif any(getattr(variant, name) != value for name, value in _to_variant_columns(draft).items()):
            for name, value in _to_variant_columns(draft).items():
                setattr(variant, name, value)
            self.changed_variants.append(variant)
            outcome = "updated"
        self.saved.variants.append(SavedVariant(key, draft, level, outcome))
        return outcome

    def _write_products(self) -> None:
        if self.changed_products:
            fields = ["name", "description", "vendor", "category", "is_published"]
            Product.objects.bulk_update(self.changed_products, fields)
        if not self.new_products:
            return
        Product.objects.bulk_create(self.new_products.values())
        # MySQL does not say which ids it gave.
        slugs = [product.slug for product in self.new_products.values()]
        ids = dict(Product.objects.filter(slug__in=slugs).values_list("slug", "id"))
        for key, product in self.new_products.items():
            product.pk = ids[product.slug]
            self.saved.memory.products[key] = product.pk
            self.saved.memory.owners[product.pk] = key

    def _write_variants(self) -> None:
        stock_item_ids = self._create_stock()
        for key, variant, draft in self.new_variants:
            variant.product_id = self._get_product_id(key)
            variant.stock_item_id = stock_item_ids[draft.sku]
        Variant.objects.bulk_create(variant for _key, variant, _draft in self.new_variants)
        if self.changed_variants:
            Variant.objects.bulk_update(
                self.changed_variants, ["options", "price_amount", "weight_grams", "is_active"]
            )

    def _write_terms(self) -> None:
        changed = (key for key, outcome in self.saved.products.items() if outcome != "unchanged")
        index_products(product_ids={self._get_product_id(key) for key in changed})

    def _get_product_id(self, key: str) -> int:
        ids = (memory.products.get(key) for memory in self.memories)
        return next(id_ for id_ in ids if id_ is not None)

    def _create_stock(self) -> dict[str, int]:
        """Return the stock item ids of all new variants by SKU, creating those that are missing."""
        missing = []
        for _key, _variant, draft in self.new_variants:
            if draft.sku not in self.levels:
                units = self.rules.untracked_stock if draft.on_hand is None else draft.on_hand
                missing.append(NewStockItem(draft.sku, units))
        created = create_stock_items(items=missing, actor=ACTOR, reason=self.rules.reason, now=self.rules.now)
        return {sku: level.id for sku, level in self.levels.items()} | created


def _to_variant_columns(draft: VariantDraft) -> dict[str, object]:
    columns: dict[str, object] = {
        "options": [list(pair) for pair in draft.options],
        "price_amount": draft.price_amount,
    }
    if draft.weight_grams is not None:
        columns["weight_grams"] = draft.weight_grams
    # A file can withdraw a variant; whether one that staff withdrew comes back is for staff to say.
    return columns if draft.is_active else {**columns, "is_active": False}
