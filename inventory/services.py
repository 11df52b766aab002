"""Everything that changes stock, but for the repair of counters that disagree with the ledger: `books`.

Functions that take or return units for an order need the caller's transaction, because the order changes in
the same one. The others open a transaction, or join the caller's.
"""

import datetime as dt

from django.db import IntegrityError, models, transaction

from inventory import selectors, slices
from inventory.claiming import PlannedClaim
from inventory.errors import (
    DuplicateMovement,
    DuplicateSku,
    InvalidQuantity,
    OnHandChanged,
    OutOfStock,
    StockItemInUse,
    StockReserved,
    UnknownSku,
)
from inventory.ids import new_id
from inventory.intake import create_stock_items
from inventory.ledger import Movement, apply_to_counters, book, change_counters
from inventory.locking.registry import require_usable
from inventory.models import MovementKind, StockItem
from inventory.partial import take_back, withdraw
from inventory.reservations import (
    plan_reservation,
    release,
    reserve,
    reserve_together,
    ship,
)
from inventory.switching import configure_stock_item, set_locking_strategy
from inventory.transactions import run_in_transaction
from inventory.transfers import transfer
from inventory.types import MAX_QUANTITY, Shortfall, StockLevel

__all__ = [
    "PlannedClaim",
    "adjust",
    "configure_stock_item",
    "create_stock_item",
    "create_stock_items",
    "delete_unused_stock_item",
    "plan_reservation",
    "receive",
    "release",
    "reserve",
    "reserve_together",
    "set_locking_strategy",
    "set_on_hand",
    "ship",
    "take_back",
    "transfer",
    "withdraw",
]


def create_stock_item(
    *,
    sku: str,
    on_hand: int = 0,
    locking_strategy: str = "conditional",
    low_stock_threshold: int = 0,
    actor: str,
    reason: str = "",
    now: dt.datetime,
) -> StockLevel:
    """Create a stock item and book its first units as received.

    Raises DuplicateSku, InvalidQuantity, UnknownStrategy, StrategyNotSupported. Opens a transaction or joins
    the caller's.
    """
    require_usable(locking_strategy)
    _require_quantity(on_hand, at_least=0)

    def create() -> StockLevel:
        try:
            with transaction.atomic():
                item = StockItem.objects.create(
                    sku=sku, locking_strategy=locking_strategy, low_stock_threshold=low_stock_threshold
                )
        except IntegrityError as error:
            raise DuplicateSku(sku) from error
        if on_hand:
            _book_and_apply(
                Movement(item.id, MovementKind.RECEIVE, on_hand, on_hand, f"receive:{new_id()}"),
                actor=actor,
                reason=reason,
                now=now,
            )
        return selectors.get_stock_level(sku=sku)

    return run_in_transaction(create, join=True)


def receive(
    *, sku: str, quantity: int, reference: str | None = None, actor: str, reason: str, now: dt.datetime
) -> StockLevel:
    """Book units that arrived. A `reference` (say, a delivery note) can be booked once for each SKU.

    Raises UnknownSku, InvalidQuantity, DuplicateMovement. Opens a transaction or joins the caller's.
    """
    _require_quantity(quantity, at_least=1)

    def add() -> StockLevel:
        item = selectors.get_stock_level(sku=sku)
        booking = Movement(
            item.id, MovementKind.RECEIVE, quantity, quantity, reference or f"receive:{new_id()}"
        )
        _book_and_apply(booking, actor=actor, reason=reason, now=now)
        return selectors.get_stock_level(sku=sku)

    return run_in_transaction(add, join=True)


def adjust(
    *, sku: str, delta: int, reference: str | None = None, actor: str, reason: str, now: dt.datetime
) -> StockLevel:
    """Correct stock by a difference, found or lost.

    Only units that are not promised to orders can be taken away.

    Raises OutOfStock, UnknownSku, InvalidQuantity, DuplicateMovement. Opens a transaction or joins the
    caller's.
    """
    if type(delta) is not int or not 1 <= abs(delta) <= MAX_QUANTITY:
        raise InvalidQuantity(delta)

    def change() -> StockLevel:
        item = selectors.get_stock_level(sku=sku)
        booking = Movement(item.id, MovementKind.ADJUST, delta, delta, reference or f"adjust:{new_id()}")
        book([booking], actor=actor, reason=reason, now=now)
        if not change_counters(stock_item_id=item.id, available=delta, on_hand=delta):
            left = selectors.get_stock_level(sku=sku).available
            raise OutOfStock([Shortfall(sku, -delta, left)])
        return selectors.get_stock_level(sku=sku)

    return run_in_transaction(change, join=True)


def set_on_hand(
    *,
    sku: str,
    on_hand: int,
    expected_on_hand: int | None = None,
    reference: str | None = None,
    actor: str,
    reason: str,
    now: dt.datetime,
) -> StockLevel:
    """Make `on_hand` what was counted, keeping every reservation.

    A `reference` can be booked once for each SKU.

    `expected_on_hand` is what the books said when the count began. Raises OnHandChanged if they say
    something else by now, StockReserved if fewer are here than promised, UnknownSku, InvalidQuantity,
    DuplicateMovement. Opens a transaction or joins the caller's.
    """
    _require_quantity(on_hand, at_least=0)

    def count() -> StockLevel:
        # Locked, because the difference to book is computed from what is read here.
        item = StockItem.objects.select_for_update().filter(sku=sku).first()
        if item is None:
            raise UnknownSku([sku])
        # Before anything else: a count sent twice is the same count, whatever the first one changed.
        if reference and item.movements.filter(reference=reference, kind=MovementKind.ADJUST).exists():
            raise DuplicateMovement(reference)
        if expected_on_hand not in (None, item.on_hand):
            raise OnHandChanged(sku, expected_on_hand, item.on_hand)
        # Those who hold a slice are waited for: what they take is reserved too.
        reserved = item.on_hand - slices.lock_pool(stock_item_id=item.id).total
        if on_hand < reserved:
            raise StockReserved(sku, reserved)
        if delta := on_hand - item.on_hand:
            booking = Movement(item.id, MovementKind.ADJUST, delta, delta, reference or f"count:{new_id()}")
            _book_and_apply(booking, actor=actor, reason=reason, now=now)
        return selectors.get_stock_level(sku=sku)

    return run_in_transaction(count, join=True)


def delete_unused_stock_item(*, stock_item_id: int) -> None:
    """Delete a stock item for which nothing was ever booked. Raises StockItemInUse.

    Opens a transaction or joins the caller's.
    """

    def delete() -> None:
        # The lock makes a booking under way finish first or find the item gone, and be rolled back.
        item = StockItem.objects.select_for_update().filter(id=stock_item_id).first()
        if item is None:
            return
        try:
            item.delete()
        except models.ProtectedError as error:
            raise StockItemInUse(item.sku) from error

    run_in_transaction(delete, join=True)


def _book_and_apply(movement: Movement, *, actor: str, reason: str, now: dt.datetime) -> None:
    book([movement], actor=actor, reason=reason, now=now)
    apply_to_counters([movement])


def _require_quantity(quantity: int, *, at_least: int) -> None:
    if type(quantity) is not int or not at_least <= quantity <= MAX_QUANTITY:
        raise InvalidQuantity(quantity)
