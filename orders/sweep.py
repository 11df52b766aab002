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
from inventory.transactions import run_in_transaction
from orders import allowances, lifecycle
from orders.models import JobHealth, Order, OrderLine
from orders.selectors import filter_overdue
from orders.states import CancelReason, OrderStatus
from orders.types import SWEEP_JOB, SweepReport

logger = logging.getLogger(__name__)

_ACTOR: Final = "sweep"
_LOCK_WAIT_TIMEOUT: Final = 1205
_SHORT_WAIT_SECONDS: Final = 1
_PATIENCE_SECONDS: Final = 10.0


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


def sweep_expired_orders(*, now: dt.datetime, batch_size: int = 200) -> SweepReport:
    """Cancel every pending order whose `payment_due_at` has passed, batch by batch, and return its units.

    One order that cannot be cancelled is parked for staff and does not hold up the others; nor do orders
    whose stock somebody else holds. Opens transactions of its own. Raises StockBusy when, after all others
    were cancelled, such orders are left over; the next sweep is soon.
    """
    started = time.monotonic()
    total, busy = _Tally(), _BusyBaskets()
    last: Order | None = None
    # Each round begins after the last order of the one before, whatever became of it: this loop ends.
    while batch := _list_batch(now=now, after=last, limit=batch_size):
        last = batch[-1]
        total.add(_sweep_batch([order.id for order in batch], busy, now=now))
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


def _list_batch(*, now: dt.datetime, after: Order | None, limit: int) -> list[Order]:
    overdue = filter_overdue(now=now).order_by("payment_due_at", "id").only("id", "payment_due_at")
    if after is not None:
        # The first condition follows from the second, but only the first one is a range of the index.
        overdue = overdue.filter(
            Q(payment_due_at__gt=after.payment_due_at) | Q(id__gt=after.id),
            payment_due_at__gte=after.payment_due_at,
        )
    return list(overdue[:limit])


def _sweep_batch(order_ids: list[int], busy: _BusyBaskets, *, now: dt.datetime) -> _Tally:
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
    # Read under the lock that cancels: an order paid a moment ago is no longer in this list, one being paid
    # is skipped.
    overdue = filter_overdue(now=now).filter(id__in=order_ids).order_by("payment_due_at")
    orders = list(overdue.select_for_update(skip_locked=True).only("id", "stock_reference"))
    if not orders:
        return _Tally()
    ids = [order.id for order in orders]
    cancelled = Order.objects.filter(id__in=ids, status=OrderStatus.PENDING).update(
        status=OrderStatus.CANCELLED, cancelled_at=now, cancel_reason=CancelReason.EXPIRED, client_address=""
    )
    lifecycle.announce_cancelled(order_ids=ids, now=now)
    allowances.give_back(order_ids=ids)
    units = release(
        references=[order.stock_reference for order in orders], actor=_ACTOR, reason="expired", now=now
    )
    return _Tally(cancelled=cancelled, units=units)


def unpark_orders(*, order_ids: list[int]) -> int:
    """Let the sweep try parked orders again; return how many. One statement, in autocommit."""
    return Order.objects.filter(id__in=order_ids, parked_at__isnull=False).update(
        parked_at=None, parked_because=""
    )
