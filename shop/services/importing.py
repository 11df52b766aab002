"""Importing products from another shop's export."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import DataError, IntegrityError
from django.utils.translation import gettext as _

from inventory.errors import InventoryError, StockReserved
from inventory.services import set_on_hand
from inventory.transactions import run_in_transaction
from shop.imports.categories import CategoryTree
from shop.imports.context import Context
from shop.imports.dialects import open_export
from shop.imports.drafts import ProductDraft
from shop.imports.matching import Memory
from shop.imports.report import Entry, ImportReport
from shop.imports.saving import ACTOR, Rules, Saved, SavedVariant, save_batch
from shop.imports.sources import Source, count_lines

# Enough to share the cost of a transaction, few enough to hold no lock for long.
_PRODUCTS_AT_A_TIME: Final = 100
_VARIANTS_AT_A_TIME: Final = 300
_REASON_LENGTH: Final = 200

# Told how many rows are done, and how much of the file that is, from 0 to 1.
Progress = Callable[[int, float], None]


def import_products(
    *,
    path: Path,
    now: dt.datetime,
    dry_run: bool = False,
    set_stock: bool = False,
    untracked_stock: int = 0,
    on_progress: Progress = lambda _rows, _share: None,
) -> ImportReport:
    """Create and update products from a Shopify or WooCommerce CSV file; what cannot be used is reported by
    line.

    Importing a file again changes only what differs. Stock that is there is left alone unless `set_stock`; a
    new SKU starts with the file's stock, or with `untracked_stock` units where the file does not count.
    Raises UnreadableFile. Opens a transaction for each batch, so an import that is cut off has loaded whole
    products and can be run again.
    """
    dialect, table = open_export(path)
    report = _open_report(path.name, dialect.name, table.source, dry_run=dry_run)
    context = Context(settings.SHOP_CURRENCY, now, untracked_stock, report.remarks)
    rules = Rules(
        dialect.slug_is_identity, untracked_stock, dry_run, f"import of {path.name}"[:_REASON_LENGTH], now
    )
    importer = _Importer(report, context, rules, set_stock)
    lines = count_lines(table.source)
    for batch in _batch(dialect.read(table, context)):
        importer.load(batch)
        report.rows = context.rows
        on_progress(context.rows, min(_find_last_line(batch) / lines, 1.0))
    report.rows = context.rows
    return report


def _open_report(file: str, dialect: str, source: Source, *, dry_run: bool) -> ImportReport:
    report = ImportReport(
        file, dialect, source.encoding.removesuffix("-sig"), settings.SHOP_CURRENCY, dry_run
    )
    if source.is_guessed:
        reason = _("not UTF-8: read as %(name)s") % {"name": source.encoding}
        report.remarks.notes.add(Entry(1, "", reason))
    return report


def _batch(drafts: Iterable[ProductDraft]) -> Iterator[list[ProductDraft]]:
    """Gather drafts; those of one product become one."""
    batch: dict[str, ProductDraft] = {}
    variants = 0
    for draft in drafts:
        if earlier := batch.get(draft.key):
            both = (*earlier.variants, *draft.variants)
            batch[draft.key] = replace(earlier, variants=both, facts=earlier.facts or draft.facts)
        else:
            batch[draft.key] = draft
        variants += len(draft.variants)
        if len(batch) >= _PRODUCTS_AT_A_TIME or variants >= _VARIANTS_AT_A_TIME:
            yield list(batch.values())
            batch, variants = {}, 0
    if batch:
        yield list(batch.values())


def _find_last_line(batch: Iterable[ProductDraft]) -> int:
    return max(line for draft in batch for line in (draft.line, *(row.line for row in draft.variants)))


@dataclass(slots=True)
class _Importer:
    report: ImportReport
    context: Context
    rules: Rules
    set_stock: bool
    memory: Memory = field(default_factory=Memory)
    categories: CategoryTree = field(init=False)

    def __post_init__(self) -> None:
        self.categories = CategoryTree(dry_run=self.rules.dry_run)

    def load(self, batch: Sequence[ProductDraft], *, may_retry: bool = True) -> None:
        try:
            self._create_categories(batch)
            saved = self._save(batch)
        except (IntegrityError, DataError, InventoryError) as error:
            # Somebody else created one of these meanwhile, or one cannot be stored: find out which, and load
            # the others. What another import created is found the second time.
            if len(batch) > 1 or may_retry:
                for draft in batch:
                    self.load([draft], may_retry=len(batch) > 1)
                return
            self._refuse(batch[0], error)
            return
        self._book(saved)

    def _create_categories(self, batch: Sequence[ProductDraft]) -> None:
        # Before and outside of the batch's transaction: what is remembered of them must not be rolled back.
        for draft in batch:
            for path in draft.facts.categories if draft.facts else ():
                self.categories.find(path)

    def _save(self, batch: Sequence[ProductDraft]) -> Saved:
        def save() -> Saved:
            return save_batch(
                batch,
                rules=self.rules,
                memory=self.memory,
                file_slugs=self.context.file_slugs,
                categories=self.categories,
            )

        return save() if self.rules.dry_run else run_in_transaction(save)

    def _refuse(self, draft: ProductDraft, error: Exception) -> None:
        reason = _("cannot be saved: %(error)s") % {"error": error}
        for line in sorted({draft.line, *(variant.line for variant in draft.variants)}):
            self.report.remarks.errors.add(Entry(line, "", reason, draft.key))

    def _book(self, saved: Saved) -> None:
        self.memory.update(saved.memory)
        for entry in saved.refused:
            self.report.remarks.errors.add(entry)
        for key, outcome in saved.products.items():
            self.report.count_product(key, outcome)
        for variant in saved.variants:
            changed = self.set_stock and self._count_stock(variant)
            is_news = changed and variant.outcome == "unchanged"
            self.report.variants["updated" if is_news else variant.outcome] += 1
            if changed:
                self.report.count_product(variant.product_key, "updated")

    def _count_stock(self, variant: SavedVariant) -> bool:
        """Set existing stock to what the file says; say whether that changed (or would change) anything."""
        on_hand, level = variant.draft.on_hand, variant.level
        if level is None or on_hand is None or on_hand == level.on_hand:
            return False
        try:
            if not self.rules.dry_run:
                # A transaction for each, after the batch: no hot row waits for the rest of the file.
                set_on_hand(
                    sku=level.sku, on_hand=on_hand, actor=ACTOR, reason=self.rules.reason, now=self.rules.now
                )
            elif on_hand < level.reserved:
                raise StockReserved(level.sku, level.reserved)
        except InventoryError as error:
            reason = _("stock cannot be set: %(error)s") % {"error": error}
            self.report.remarks.errors.add(Entry(variant.draft.line, "Stock", reason, str(on_hand)))
            return False
        return True
