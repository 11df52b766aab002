"""Part of an order's units: given back or written off before they left the house, taken back afterwards.

Units that stay reserved move to a reference of their own. So every reservation is settled once and as a
whole, and the ledger's unique key makes a second release of the same units impossible.
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping

from django.db import connection

from inventory.errors import NotThatMany
from inventory.ledger import Movement, apply_to_counters, book
from inventory.models import MovementKind
from inventory.reservations import lock_open_reservations
from inventory.transactions import require_transaction

_LOCK_SHIPPED = (
    "SELECT reference, stock_item_id, kind, on_hand_delta FROM inventory_stockmovement"
    " WHERE reference = %s OR reference LIKE %s ORDER BY reference, stock_item_id FOR UPDATE"
)


def withdraw(
    *,
    reference: str,
    remainder: str,
    returned: Mapping[int, int],
    lost: Mapping[int, int],
    actor: str,
    reason: str,
    now: dt.datetime,
) -> None:
    """Give back and write off part of what is reserved for `reference`, in units by stock item id.

    What is left is reserved for `remainder` from then on, a reference without movements. What is `returned`
    can be sold again, what is `lost` is on hand no more. Raises NotThatMany, and DuplicateMovement for a
    remainder that was used before. Needs a transaction.
    """
    held = {item: units for (_ref, item), units in lock_open_reservations([reference]).items()}
    movements = []
    for item in sorted(held.keys() | returned.keys() | lost.keys()):
        gone = returned.get(item, 0) + lost.get(item, 0)
        if gone > held.get(item, 0):
            raise NotThatMany(reference, gone, held.get(item, 0))
        movements.append(Movement(item, MovementKind.RELEASE, held[item], 0, reference))
        if held[item] > gone:
            movements.append(Movement(item, MovementKind.RESERVE, gone - held[item], 0, remainder))
        if units := lost.get(item, 0):
            movements.append(Movement(item, MovementKind.ADJUST, -units, -units, remainder))
    if movements:
        book(movements, actor=actor, reason=reason, now=now)
        apply_to_counters(movements)


def take_back(*, reference: str, units: Mapping[int, int], actor: str, reason: str, now: dt.datetime) -> None:
    """Book units, by stock item id, that were shipped for `reference` and came back to be sold again.

    Raises NotThatMany for more than were shipped and have not come back. Needs a transaction.
    """
    require_transaction()
    shipped, back = _lock_shipped(reference)
    for item, count in units.items():
        if count > shipped[item] - back[item]:
            raise NotThatMany(reference, count, shipped[item] - back[item])
    # Named by how many came before: of two who count alike, one finds the reference taken.
    name = name_return(reference, sum(back.values()))
    movements = [
        Movement(item, MovementKind.RETURN, count, count, name)
        for item, count in sorted(units.items())
        if count
    ]
    if movements:
        book(movements, actor=actor, reason=reason, now=now)
        apply_to_counters(movements)


def name_return(reference: str, before: int) -> str:
    """Return the reference of units that come back after so many others of the same order."""
    return f"{reference}@{before}"


def _lock_shipped(reference: str) -> tuple[Counter[int], Counter[int]]:
    """Return units shipped for a reference, and those of them that came back, by stock item id."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_SHIPPED, (reference, f"{reference}@%"))
        rows = cursor.fetchall()
    shipped: Counter[int] = Counter()
    back: Counter[int] = Counter()
    for _reference, item, kind, on_hand_delta in rows:
        if kind == MovementKind.SHIP:
            shipped[item] -= on_hand_delta
        elif kind == MovementKind.RETURN:
            back[item] += on_hand_delta
    return shipped, back
