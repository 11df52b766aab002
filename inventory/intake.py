"""Taking in many new SKUs at once: imports bring them by the ten thousand."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence

from django.db import IntegrityError, transaction

from inventory.errors import DuplicateSku, InvalidQuantity
from inventory.ids import new_id
from inventory.ledger import Movement, book
from inventory.locking.registry import require_usable
from inventory.models import MovementKind, StockItem
from inventory.transactions import run_in_transaction
from inventory.types import MAX_QUANTITY, NewStockItem


def create_stock_items(
    *,
    items: Sequence[NewStockItem],
    reference: str | None = None,
    actor: str,
    reason: str = "",
    now: dt.datetime,
) -> dict[str, int]:
    """Create stock items with their first units received under one `reference`; return their ids by SKU.

    All or none, in a fixed number of statements. Raises DuplicateSku, InvalidQuantity, UnknownStrategy,
    StrategyNotSupported. Opens a transaction or joins the caller's.
    """
    for name in {item.locking_strategy for item in items}:
        require_usable(name)
    for item in items:
        if type(item.on_hand) is not int or not 0 <= item.on_hand <= MAX_QUANTITY:
            raise InvalidQuantity(item.on_hand)

    def create() -> dict[str, int]:
        ids = _insert(items)
        receipt = reference or f"receive:{new_id()}"
        received = [
            Movement(ids[item.sku], MovementKind.RECEIVE, item.on_hand, item.on_hand, receipt)
            for item in items
            if item.on_hand
        ]
        if received:
            book(received, actor=actor, reason=reason, now=now)
        return ids

    return run_in_transaction(create, join=True) if items else {}


def _insert(items: Sequence[NewStockItem]) -> dict[str, int]:
    try:
        with transaction.atomic():
            # With their units in place: nobody sees these rows before their ledger rows are committed too.
            StockItem.objects.bulk_create(
                StockItem(
                    sku=item.sku,
                    on_hand=item.on_hand,
                    available=item.on_hand,
                    locking_strategy=item.locking_strategy,
                )
                for item in items
            )
    except IntegrityError as error:
        raise DuplicateSku(_find_duplicate(items)) from error
    return dict(StockItem.objects.filter(sku__in=[item.sku for item in items]).values_list("sku", "id"))


def _find_duplicate(items: Sequence[NewStockItem]) -> str:
    counts = Counter(item.sku for item in items)
    taken = set(StockItem.objects.filter(sku__in=counts).values_list("sku", flat=True))
    return next((sku for sku, count in counts.items() if count > 1 or sku in taken), items[0].sku)
