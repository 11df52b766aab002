"""Units from one SKU to another: they are booked out and in together, or not at all."""

import datetime as dt

from inventory import selectors
from inventory.errors import InvalidQuantity, OutOfStock, UnknownSku
from inventory.ledger import Movement, book, change_counters
from inventory.models import MovementKind
from inventory.transactions import run_in_transaction
from inventory.types import MAX_QUANTITY, Shortfall


def transfer(
    *, from_sku: str, to_sku: str, quantity: int, reference: str, actor: str, reason: str, now: dt.datetime
) -> None:
    """Move available units from one stock item to another.

    The ledger shows both sides under one `reference`, which can be booked once for each SKU. Only units that
    are not promised to orders can move. Raises OutOfStock, UnknownSku, InvalidQuantity, DuplicateMovement.
    Opens a transaction or joins the caller's.
    """
    if type(quantity) is not int or not 1 <= quantity <= MAX_QUANTITY or from_sku == to_sku:
        raise InvalidQuantity(quantity)

    def move() -> None:
        levels = selectors.get_stock_levels(skus=[from_sku, to_sku])
        if missing := [sku for sku in (from_sku, to_sku) if sku not in levels]:
            raise UnknownSku(missing)
        # In id order, like every writer of stock.
        sides = sorted([(levels[from_sku].id, -quantity), (levels[to_sku].id, quantity)])
        movements = [Movement(id_, MovementKind.ADJUST, delta, delta, reference) for id_, delta in sides]
        book(movements, actor=actor, reason=reason, now=now)
        for id_, delta in sides:
            if not change_counters(stock_item_id=id_, available=delta, on_hand=delta):
                left = selectors.get_stock_level(sku=from_sku).available
                raise OutOfStock([Shortfall(from_sku, quantity, left)])

    run_in_transaction(move, join=True)
