"""Cancelling orders whose payment is overdue.

The deadline is a column and the sweep reads an index, so nothing has to be remembered per order outside the
database. Several sweeps may run at once: SKIP LOCKED gives each its own orders.
"""

import datetime as dt
import logging
import time
from dataclasses import dataclass

from django.db import OperationalError
from django.db.models import QuerySet

from inventory.errors import StockBusy
from inventory.services import release
from inventory.transactions import run_in_transaction
from orders import lifecycle
from orders.models import JobHealth, Order
from orders.states import CancelReason, OrderStatus
from orders.types import SweepReport

logger = logging.getLogger(__name__)

JOB_NAME = "sweep_expired_orders"
_ACTOR = "sweep"


@dataclass(slots=True)
class _Tally:
    cancelled: int = 0
    parked: int = 0
    units: int = 0

    @property
    def is_empty(self) -> bool:
        return not self.cancelled and not self.parked

    def add(self, other: "_Tally") -> None:
        self.cancelled += other.cancelled
        self.parked += other.parked
        self.units += other.units


def sweep_expired_orders(*, now: dt.datetime, batch_size: int = 200) -> SweepReport:
    """Cancel every pending order whose `payment_due_at` has passed, batch by batch, and return its units.

    One order that cannot be cancelled is parked for staff and does not hold up the others. Opens
    transactions of its own. Raises StockBusy when contention let nothing be done; the next sweep is soon.
    """
    started = time.monotonic()
    total = _Tally()
    # Each round cancels or parks at least one order, or is the last: a bad order cannot spin this loop.
    while not (batch := _sweep_some(now=now, limit=batch_size)).is_empty:
        total.add(batch)
    detail = f"{total.cancelled} cancelled, {total.parked} parked"
    run_in_transaction(lambda: _note_success(detail, now=now))
    return SweepReport(total.cancelled, total.parked, total.units, time.monotonic() - started)


def _note_success(detail: str, *, now: dt.datetime) -> None:
    # One upsert: of sweeps that end together, none has to read first what another is writing.
    JobHealth.objects.bulk_create(
        [JobHealth(name=JOB_NAME, succeeded_at=now, detail=detail)],
        update_conflicts=True,
        update_fields=["succeeded_at", "detail"],
    )


def _sweep_some(*, now: dt.datetime, limit: int) -> _Tally:
    try:
        return run_in_transaction(lambda: _cancel_batch(now=now, limit=limit))
    except (StockBusy, OperationalError):
        # Contention or a database in trouble says nothing about the orders.
        raise
    except Exception:
        logger.exception("a sweep batch failed; going through it order by order")
        return _sweep_singly(now=now, limit=limit)


def _sweep_singly(*, now: dt.datetime, limit: int) -> _Tally:
    total = _Tally()
    for order_id in list(_list_overdue(now).values_list("id", flat=True)[:limit]):
        try:
            total.add(run_in_transaction(lambda id_=order_id: _cancel_batch(now=now, limit=1, order_id=id_)))  # type: ignore[misc]
        except (StockBusy, OperationalError):
            raise
        except Exception as error:
            # Whatever is wrong with this order, the others must not wait for it.
            logger.exception("order %s cannot be expired; parked", order_id)
            Order.objects.filter(id=order_id, status=OrderStatus.PENDING).update(
                parked_at=now, parked_because=repr(error)[:300]
            )
            total.parked += 1
    return total


def _list_overdue(now: dt.datetime) -> QuerySet[Order]:
    return Order.objects.filter(
        status=OrderStatus.PENDING, payment_due_at__lt=now, parked_at__isnull=True
    ).order_by("payment_due_at")


def _cancel_batch(*, now: dt.datetime, limit: int, order_id: int | None = None) -> _Tally:
    overdue = _list_overdue(now)
    if order_id is not None:
        overdue = overdue.filter(id=order_id)
    # Read under the lock that cancels: an order paid a moment ago is no longer in this list, one being paid
    # is skipped.
    orders = list(overdue.select_for_update(skip_locked=True).only("id", "stock_reference")[:limit])
    if not orders:
        return _Tally()
    ids = [order.id for order in orders]
    cancelled = Order.objects.filter(id__in=ids, status=OrderStatus.PENDING).update(
        status=OrderStatus.CANCELLED, cancelled_at=now, cancel_reason=CancelReason.EXPIRED
    )
    lifecycle.announce_cancelled(order_ids=ids, now=now)
    units = release(
        references=[order.stock_reference for order in orders], actor=_ACTOR, reason="expired", now=now
    )
    return _Tally(cancelled=cancelled, units=units)


def unpark_orders(*, order_ids: list[int]) -> int:
    """Let the sweep try parked orders again; return how many. One statement, in autocommit."""
    return Order.objects.filter(id__in=order_ids, parked_at__isnull=False).update(
        parked_at=None, parked_because=""
    )
