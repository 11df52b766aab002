"""Booking movements: the only code that writes ledger rows.

It writes the counters too, for all that gives units back or books them in or out. They have three other
writers: the locking strategies take units (`inventory.locking.base`), `intake` creates rows with their first
units in place, and `books.repair_counters` sets them back to the ledger's sums.

Rows are inserted before counters are updated, so that a hot counter is held for as short as possible.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from django.db import IntegrityError, transaction
from django.db.models import F

from inventory import slices, sold_out
from inventory.errors import DuplicateMovement, InventoryError
from inventory.ids import new_ids
from inventory.models import MovementKind, StockItem, StockMovement
from inventory.sql import RowInsert, Statement, execute_together

_INSERT = RowInsert(
    StockMovement,
    [
        "id",
        "stock_item",
        "kind",
        "available_delta",
        "on_hand_delta",
        "reference",
        "actor",
        "reason",
        "created_at",
    ],
)


@dataclass(frozen=True, slots=True)
class Movement:
    """A ledger row to be."""

    stock_item_id: int
    kind: MovementKind
    available_delta: int
    on_hand_delta: int
    reference: str


class CountersDisagree(InventoryError):
    """A counter cannot take a booking that the ledger says is due; `check_books` names the stock item."""


def book(
    movements: Sequence[Movement],
    *,
    actor: str,
    reason: str = "",
    now: dt.datetime,
    first: Sequence[Statement] = (),
) -> None:
    """Insert ledger rows in one statement, in one packet with the caller's own `first` statements.

    Needs a transaction. Raises DuplicateMovement, and what the caller's statements raise.
    """
    try:
        execute_together([*first, prepare(movements, actor=actor, reason=reason, now=now)])
    except IntegrityError as error:
        explain(error, movements)
        raise


def explain(error: IntegrityError, movements: Sequence[Movement]) -> None:
    """Raise DuplicateMovement if that is what the error of a booking means; return otherwise."""
    if "stockmovement_once" in str(error):
        raise DuplicateMovement(movements[0].reference) from error


def prepare(movements: Sequence[Movement], *, actor: str, reason: str = "", now: dt.datetime) -> Statement:
    """Return the statement that inserts ledger rows."""
    ids = new_ids(len(movements))
    rows = [
        (
            id_,
            m.stock_item_id,
            m.kind.value,
            m.available_delta,
            m.on_hand_delta,
            m.reference,
            actor,
            reason,
            now,
        )
        for id_, m in zip(ids, movements, strict=True)
    ]
    return _INSERT.prepare(rows)


def apply_to_counters(movements: Iterable[Movement]) -> None:
    """Update the counters, one guarded UPDATE for each stock item, in id order. Needs a transaction.

    For movements that take nothing from what others may be promised; taking is `reserve`'s work, through a
    strategy.
    """
    totals: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for movement in movements:
        totals[movement.stock_item_id][0] += movement.available_delta
        totals[movement.stock_item_id][1] += movement.on_hand_delta
    # In id order, like every writer: two batches over the same items then wait for each other instead of
    # deadlocking.
    for stock_item_id, (available, on_hand) in sorted(totals.items()):
        # What moves from one reference to another of the same order changes nothing for anybody else.
        if (available or on_hand) and not change_counters(
            stock_item_id=stock_item_id, available=available, on_hand=on_hand
        ):
            raise CountersDisagree(f"stock item {stock_item_id}: cannot book {available:+} / {on_hand:+}")


def change_counters(*, stock_item_id: int, available: int, on_hand: int) -> bool:
    """Add to both counters unless that would break `0 <= available <= on_hand`; say whether it was done."""
    is_done = _add(stock_item_id, available, on_hand)
    if not is_done and available < 0:
        # A pooled item's units may be in its slices.
        slices.gather(stock_item_id=stock_item_id)
        is_done = _add(stock_item_id, available, on_hand)
    if is_done and available > 0:
        # Not before COMMIT: whoever looked in between would remember the old number again.
        transaction.on_commit(partial(sold_out.forget, stock_item_id))
    return is_done


def _add(stock_item_id: int, available: int, on_hand: int) -> bool:
    matched = StockItem.objects.filter(
        id=stock_item_id,
        available__gte=-available,
        on_hand__gte=F("available") + (available - on_hand),
    ).update(available=F("available") + available, on_hand=F("on_hand") + on_hand, version=F("version") + 1)
    return matched == 1
