"""How stock items are handled: their locking strategy and their threshold, changed while they are sold."""

from collections.abc import Collection

from django.db.models import F

from inventory import slices
from inventory.locking.registry import require_usable
from inventory.models import StockItem
from inventory.transactions import run_in_transaction


def configure_stock_item(*, stock_item_id: int, locking_strategy: str, low_stock_threshold: int) -> None:
    """Change how a stock item is handled; its counters stay whatever sales have made of them.

    Raises UnknownStrategy, StrategyNotSupported. Opens a transaction or joins the caller's.
    """
    require_usable(locking_strategy)

    def configure() -> None:
        _gather_unless_pooled(stock_item_id, locking_strategy)
        StockItem.objects.filter(id=stock_item_id).update(
            locking_strategy=locking_strategy,
            low_stock_threshold=low_stock_threshold,
            version=F("version") + 1,
        )

    run_in_transaction(configure, join=True)


def set_locking_strategy(*, stock_item_ids: Collection[int], name: str) -> None:
    """Switch how buyers of these items are kept apart, also while orders are in flight.

    Raises UnknownStrategy, StrategyNotSupported. Opens a transaction or joins the caller's.
    """
    require_usable(name)

    def switch() -> None:
        for stock_item_id in sorted(stock_item_ids):
            _gather_unless_pooled(stock_item_id, name)
            StockItem.objects.filter(id=stock_item_id).exclude(locking_strategy=name).update(
                locking_strategy=name, version=F("version") + 1
            )

    run_in_transaction(switch, join=True)


def _gather_unless_pooled(stock_item_id: int, name: str) -> None:
    if name != slices.POOLED:
        # In the transaction that switches: the other strategies find no units in slices.
        slices.gather(stock_item_id=stock_item_id)
