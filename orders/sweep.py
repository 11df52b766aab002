"""Cancelling orders whose payment is overdue.

The deadline is a column and the sweep reads an index, so nothing has to be remembered per order outside the
database. Several sweeps may run at once: SKIP LOCKED gives each its own orders. Stock rows are waited for,
but not long: whoever holds one delays the orders that need it and no others.
"""

import datetime as dt
import logging
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from django.db import OperationalError, connection
from django.db.models import Q

from inventory.errors import StockBusy
from inventory.services import release
from inventory.sql import placeholders, to_driver
from inventory.transactions import run_in_transaction
from orders import allowances
from orders.announcements import CANCELLED, announce
from orders.models import JobHealth, Order, OrderLine
from orders.points import services as points
from orders.selectors import filter_overdue
from orders.states import CancelReason, OrderStatus
from orders.types import SWEEP_JOB, SweepReport

logger = logging.getLogger(__name__)

_ACTOR: Final = "sweep"
# Large enough to share a commit and the write of a hot row among many, small enough to be over soon.
_BATCH_SIZE: Final = 500
# A flood of orders shares the processors and the hot rows with those who buy: between batches the sweep rests
# for this part of the time that the last one took.
_REST: Final = 1 / 3
_LONGEST_REST_SECONDS: Final = 0.1
_LOCK_WAIT_TIMEOUT: Final = 1205
_SHORT_WAIT_SECONDS: Final = 1
_PATIENCE_SECONDS: Final = 10.0

# By primary key alone: a search by another index would lock orders of other sweeps for an instant, and those
# would skip their own.
_LOCK_OVERDUE: Final = (
    "SELECT id, stock_reference FROM orders_order FORCE INDEX (PRIMARY)"  # noqa: S608 - nothing of a caller's
    f" WHERE status = '{OrderStatus.PENDING.value}' AND payment_due_at < %s AND parked_at IS NULL AND id IN"
)
_CANCEL: Final = (
    f"UPDATE orders_order SET status = '{OrderStatus.CANCELLED.value}', cancelled_at = %s,"  # noqa: S608
    f" cancel_reason = '{CancelReason.EXPIRED.value}', client_address = ''"
    f" WHERE status = '{OrderStatus.PENDING.value}' AND id IN"
)


@dataclass(slots=True)
class _Tally:
    cancelled: int = 0
    parked: int = 0
    units: int = 0
    skipped: int = 0

    def add(self, other: "_Tally") -> None:
        self.cancelled += other.cancelled
        self.parked += other.parked
        self.units += other.units
        self.skipped += other.skipped


class _BusyBaskets:
    """What a sweep waited for in vain: sets of stock items of which somebody holds at least one."""

    def __init__(self) -> None:
        self._baskets: list[frozenset[int]] = []
        self._waited = 0.0

    @property
    def is_empty(self) -> bool:
        """Whether nothing was waited for in vain yet."""
        return not self._waited

    def add(self, basket: frozenset[int], *, waited: float) -> None:
        self._waited += waited
        if basket:
            self._baskets.append(basket)

    def block(self, basket: frozenset[int]) -> bool:
        """Say whether an order of these items is not worth waiting for again."""
        if self._waited < _PATIENCE_SECONDS:
            # Whoever could not have A alone cannot have A and B; B alone may be free.
            return any(busy <= basket for busy in self._baskets)
        return any(busy & basket for busy in self._baskets)


def sweep_expired_orders(*, now: dt.datetime, batch_size: int = _BATCH_SIZE) -> SweepReport:
    """Cancel every pending order whose `payment_due_at` has passed, batch by batch, and return its units.

    One order that cannot be cancelled is parked for staff and does not hold up the others; nor do orders
    whose stock somebody else holds. Opens transactions of its own. Raises StockBusy when, after all others
    were cancelled, such orders are left over; the next sweep is soon.
    """
    started = time.monotonic()
    total, busy = _Tally(), _BusyBaskets()
    last: tuple[int, dt.datetime] | None = None
    # Each round begins after the last order of the one before, whatever became of it: this loop ends.
    while batch := _list_batch(now=now, after=last, limit=batch_size):
        last, began = batch[-1], time.monotonic()
        total.add(_sweep_batch([id_ for id_, _due_at in batch], busy, now=now))
        if len(batch) == batch_size:
            time.sleep(min(_LONGEST_REST_SECONDS, _REST * (time.monotonic() - began)))
    detail = f"{total.cancelled} cancelled, {total.parked} parked"
    if total.skipped:
        raise StockBusy(f"{detail}, {total.skipped} left over: somebody holds their stock rows")
    run_in_transaction(lambda: _note_success(detail, now=now))
    return SweepReport(total.cancelled, total.parked, total.units, time.monotonic() - started)


def _note_success(detail: str, *, now: dt.datetime) -> None:
    # One upsert: of sweeps that end together, none has to read first what another is writing.
    JobHealth.objects.bulk_create(
        [JobHealth(name=SWEEP_JOB, succeeded_at=now, detail=detail)],
        update_conflicts=True,
        update_fields=["succeeded_at", "detail"],
    )


def _list_batch(
    *, now: dt.datetime, after: tuple[int, dt.datetime] | None, limit: int
) -> list[tuple[int, dt.datetime]]:
    """Return (id, deadline) of the next overdue orders, the oldest deadline first."""
    overdue = filter_overdue(now=now).order_by("payment_due_at", "id").values_list("id", "payment_due_at")
    if after is not None:
        id_, due_at = after
        # The first condition follows from the second, but only the first one is a range of the index.
        overdue = overdue.filter(Q(payment_due_at__gt=due_at) | Q(id__gt=id_), payment_due_at__gte=due_at)
    return list(overdue[:limit])


def _sweep_batch(order_ids: list[int], busy: _BusyBaskets, *, now: dt.datetime) -> _Tally:
    free = order_ids
    if not busy.is_empty:
        baskets = _read_baskets(order_ids)
        free = [id_ for id_ in order_ids if not busy.block(baskets[id_])]
    total = _Tally(skipped=len(order_ids) - len(free))
    try:
        total.add(_cancel(free, now=now))
    except OperationalError:
        # A database in trouble says nothing about the orders.
        raise
    except Exception as error:
        logger.warning("a sweep batch failed (%r); going through it order by order", error)
        baskets = _read_baskets(free)
        with _short_waits():
            # The smaller the basket, the more is learnt from not getting it.
            for id_ in sorted(free, key=lambda id_: len(baskets[id_])):
                total.add(_sweep_one(id_, baskets[id_], busy, now=now))
    return total


def _read_baskets(order_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """Return the stock items of each order."""
    items: dict[int, set[int]] = {id_: set() for id_ in order_ids}
    lines = OrderLine.objects.filter(order_id__in=order_ids)
    for id_, stock_item_id in lines.values_list("order_id", "stock_item_id"):
        items[id_].add(stock_item_id)
    return {id_: frozenset(basket) for id_, basket in items.items()}


@contextmanager
def _short_waits() -> Iterator[None]:
    """Have this session wait for a row only as long as a sweep can afford many times over."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@SESSION.innodb_lock_wait_timeout")
        (usual,) = cursor.fetchone()
        cursor.execute("SET SESSION innodb_lock_wait_timeout = %s", [_SHORT_WAIT_SECONDS])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION innodb_lock_wait_timeout = %s", [usual])


def _sweep_one(order_id: int, basket: frozenset[int], busy: _BusyBaskets, *, now: dt.datetime) -> _Tally:
    if busy.block(basket):
        return _Tally(skipped=1)
    started = time.monotonic()
    try:
        return _cancel([order_id], now=now)
    except StockBusy:
        busy.add(basket, waited=time.monotonic() - started)
        return _Tally(skipped=1)
    except OperationalError:
        raise
    except Exception as error:
        # Whatever is wrong with this order, the others must not wait for it.
        logger.exception("order %s cannot be expired; parked", order_id)
        Order.objects.filter(id=order_id, status=OrderStatus.PENDING).update(
            parked_at=now, parked_because=repr(error)[:300]
        )
        return _Tally(parked=1)


def _cancel(order_ids: list[int], *, now: dt.datetime) -> _Tally:
    """Cancel those of these orders that are still overdue. Raises StockBusy after waiting once for a row."""

    def cancel() -> _Tally:
        try:
            return _cancel_locked(order_ids, now=now)
        except OperationalError as error:
            if error.args[0] == _LOCK_WAIT_TIMEOUT:
                # Not waited for again: there are other orders, and another sweep.
                raise StockBusy("somebody holds a row for long") from error
            raise

    return run_in_transaction(cancel) if order_ids else _Tally()


def _cancel_locked(order_ids: list[int], *, now: dt.datetime) -> _Tally:
    references = _lock_overdue(order_ids, now=now)
    if not references:
        return _Tally()
    with connection.cursor() as cursor:
        cancelled = cursor.execute(f"{_CANCEL} ({placeholders(references)})", [to_driver(now), *references])
    announce(CANCELLED, order_ids=references.keys(), now=now)
    points.give_back(order_ids=references.keys(), actor=_ACTOR, reason="expired", now=now)
    allowances.give_back(order_ids=references.keys())
    units = release(references=references.values(), actor=_ACTOR, reason="expired", now=now)
    return _Tally(cancelled=cancelled, units=units)


def _lock_overdue(order_ids: list[int], *, now: dt.datetime) -> dict[int, str]:
    """Lock those of these orders that are overdue and return their references, by id.

    Read under the lock that cancels: an order paid a moment ago is not among them, one being paid is skipped.
    """
    sql = f"{_LOCK_OVERDUE} ({placeholders(order_ids)}) FOR UPDATE SKIP LOCKED"
    with connection.cursor() as cursor:
        cursor.execute(sql, [to_driver(now), *order_ids])
        return dict(cursor.fetchall())


def unpark_orders(*, order_ids: list[int]) -> int:
    """Let the sweep try parked orders again; return how many. One statement, in autocommit."""
    return Order.objects.filter(id__in=order_ids, parked_at__isnull=False).update(
        parked_at=None, parked_because=""
    )
