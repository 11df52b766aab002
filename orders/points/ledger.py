"""Booking points: the only code that writes the points ledger and the balances beside it.

Every write of a balance has its guard in WHERE and its row count checked, or is made under the row's lock;
a CHECK stands behind all of them. Balances are per-customer rows: they come after the order's row and before
any stock row, those of several customers in the order of their ids (docs/locking.md).
"""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

from django.db import IntegrityError, connection

from inventory.errors import GuardClosed, StockConflict
from inventory.ids import new_ids
from inventory.sql import RowInsert, Statement, execute_together, placeholders
from inventory.transactions import require_transaction
from orders.errors import PointsBooked, PointsMissing
from orders.points.models import EntryKind, PointsBalance, PointsEntry

_INSERT_ENTRIES = RowInsert(
    PointsEntry,
    ["id", "customer", "kind", "points", "owed", "reference", "order", "actor", "reason", "created_at"],
)
_INSERT_BALANCES = RowInsert(PointsBalance, ["customer", "balance", "owed"])
_READ: Final = "SELECT customer_id, balance, owed FROM orders_pointsbalance WHERE customer_id IN"
_SPEND: Final = (
    "UPDATE orders_pointsbalance SET balance = balance - %s WHERE customer_id = %s AND balance >= %s"
)
_TAKE: Final = (
    "UPDATE orders_pointsbalance SET balance = balance - %s, owed = owed + %s"
    " WHERE customer_id = %s AND balance >= %s"
)


@dataclass(frozen=True, slots=True)
class Booking:
    """An entry to be: so many points of a customer, to or from their balance."""

    customer_id: int
    kind: EntryKind
    points: int
    reference: str
    order_id: int | None = None


def require_balance(*, customer_id: int, points: int) -> None:
    """Look, without a lock, whether a customer has so many points. Raises PointsMissing. One statement."""
    balance, _owed = _read([customer_id]).get(customer_id, (0, 0))
    if balance < points:
        raise PointsMissing(points, balance)


def prepare_spending(
    bookings: Sequence[Booking], *, actor: str, reason: str = "", now: dt.datetime
) -> list[Statement]:
    """Return what takes points from balances, and books it: none, or a guarded UPDATE each and an INSERT.

    They go behind the insert of the orders. If somebody has too few, they fail with a GuardClosed, which
    `explain` understands.
    """
    if not bookings:
        return []
    return [
        *(
            Statement(_SPEND, (booking.points, booking.customer_id, booking.points), matches=1)
            for booking in sorted(bookings, key=lambda booking: booking.customer_id)
        ),
        _prepare_entries([(booking, -booking.points, 0) for booking in bookings], actor, reason, now),
    ]


def explain(error: GuardClosed, *, customer_id: int, points: int) -> NoReturn:
    """Raise PointsMissing, for that is what a closed guard of `prepare_spending` means.

    Raises StockConflict if points came back in between: refusing now would be a lie.
    """
    require_balance(customer_id=customer_id, points=points)
    raise StockConflict from error


def credit(bookings: Sequence[Booking], *, actor: str, reason: str = "", now: dt.datetime) -> None:
    """Add points to balances; what a customer owes is paid off first. Two packets.

    Whoever never had points gets a balance first, in two more. Raises PointsBooked if one of them was booked
    before. Needs a transaction.
    """
    require_transaction()
    if not bookings:
        return
    owed = _lock_owed({booking.customer_id for booking in bookings})
    gained, paid_off = Counter[int](), Counter[int]()
    rows = []
    for booking in sorted(bookings, key=lambda booking: (booking.customer_id, booking.reference)):
        set_off = min(booking.points, owed.get(booking.customer_id, 0) - paid_off[booking.customer_id])
        paid_off[booking.customer_id] += set_off
        gained[booking.customer_id] += booking.points - set_off
        rows.append((booking, booking.points - set_off, -set_off))
    balances = _INSERT_BALANCES.prepare([(id_, gained[id_], paid_off[id_]) for id_ in gained]).or_update(
        "balance = orders_pointsbalance.balance + {balance}, owed = orders_pointsbalance.owed - {owed}"
    )
    _book([_prepare_entries(rows, actor, reason, now), balances], bookings[0].reference)


def spend(booking: Booking, *, actor: str, reason: str = "", now: dt.datetime) -> None:
    """Take points that must be there.

    Raises PointsMissing, when the caller's transaction must be rolled back, and PointsBooked. Needs a
    transaction.
    """
    require_transaction()
    balance, _owed = _read([booking.customer_id], locked=True).get(booking.customer_id, (0, 0))
    if balance < booking.points:
        raise PointsMissing(booking.points, balance)
    _book(prepare_spending([booking], actor=actor, reason=reason, now=now), booking.reference)


def take_back(booking: Booking, *, actor: str, reason: str = "", now: dt.datetime) -> None:
    """Take points as far as they are there; what was spent already is owed. Needs a transaction.

    Raises PointsBooked if it was booked before.
    """
    require_transaction()
    balance, _owed = _read([booking.customer_id], locked=True).get(booking.customer_id, (0, 0))
    there = min(balance, booking.points)
    rest = booking.points - there
    take = Statement(_TAKE, (there, rest, booking.customer_id, there), matches=1)
    _book([take, _prepare_entries([(booking, -there, rest)], actor, reason, now)], booking.reference)


def _lock_owed(customer_ids: Collection[int]) -> dict[int, int]:
    """Lock the balances of customers, those that were not there yet too; return what each owes."""
    rows = _read(customer_ids, locked=True)
    if missing := sorted(set(customer_ids) - rows.keys()):
        # What is not there cannot be locked: somebody else might earn, spend and owe before our points come.
        execute_together([_INSERT_BALANCES.prepare([(id_, 0, 0) for id_ in missing]).or_leave("customer_id")])
        rows = _read(customer_ids, locked=True)
    return {id_: owed for id_, (_balance, owed) in rows.items()}


def _read(customer_ids: Collection[int], *, locked: bool = False) -> dict[int, tuple[int, int]]:
    """Return balance and what is owed of the customers that have a row, locked in the order of their ids."""
    lock = " ORDER BY customer_id FOR UPDATE" if locked else ""
    with connection.cursor() as cursor:
        cursor.execute(f"{_READ} ({placeholders(customer_ids)}){lock}", sorted(customer_ids))
        return {id_: (balance, owed) for id_, balance, owed in cursor.fetchall()}


def _prepare_entries(
    rows: Sequence[tuple[Booking, int, int]], actor: str, reason: str, now: dt.datetime
) -> Statement:
    """Return what inserts entries for (booking, change of the balance, change of what is owed)."""
    ids = new_ids(len(rows))
    return _INSERT_ENTRIES.prepare(
        [
            (id_, b.customer_id, b.kind.value, points, owed, b.reference, b.order_id, actor, reason, now)
            for id_, (b, points, owed) in zip(ids, rows, strict=True)
        ]
    )


def _book(statements: Sequence[Statement], reference: str) -> None:
    try:
        execute_together(statements)
    except IntegrityError as error:
        if "pointsentry_once" in str(error):
            raise PointsBooked(reference) from error
        raise
