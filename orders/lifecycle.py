"""Moving an order through its life.

Each function takes the order's row first, by a compare-and-set of its status, and stock rows last
(docs/locking.md). Whoever loses a race finds the guard closed and learns the status that won.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from inventory.errors import GuardClosed
from inventory.rows import RowUpdate
from inventory.services import PlannedClaim, plan_reservation, release, reserve, ship
from inventory.sql import execute_together
from inventory.transactions import require_transaction, run_in_transaction
from orders import allowances, selectors
from orders.announcements import CANCELLED, FULFILLED, PAID, announce, prepare_announcement
from orders.errors import (
    InvalidTransition,
    OrderGoesBack,
    OrderNotCancellable,
    OrderNotFound,
    OrderNotPayable,
)
from orders.models import Order
from orders.numbers import next_stock_reference
from orders.points import services as points
from orders.rows import lock_row, lock_row_by_number
from orders.states import CancelReason, OrderStatus, list_origins
from orders.steps.plan import goes_back
from orders.takings import Takings, read_takings
from orders.types import OrderState, OrderView

# An order that moves no longer waits for staff to help the sweep with it, and no brake counts it any more.
_SETTLED: Final[dict[str, Any]] = {"parked_at": None, "parked_because": "", "client_address": ""}
_PAY = RowUpdate(Order, ["status", "paid_at", *_SETTLED], where="id = %s AND status = %s")
_REVIVE = RowUpdate(
    Order,
    ["status", "paid_at", "cancelled_at", "cancel_reason", "stock_reference", *_SETTLED],
    where="id = %s AND status = %s",
)
_LATE: Final = "late payment"


@dataclass(frozen=True, slots=True)
class Revival:
    """What a cancelled order takes when it is revived."""

    order: OrderState
    taken: Takings
    claims: Sequence[PlannedClaim]


def cancel_order(*, number: str, reason: str, actor: str, now: dt.datetime) -> OrderView:
    """Cancel an unpaid order and give its units back; an order cancelled already is returned as it is.

    Raises OrderNotFound, OrderNotCancellable once money has been taken, StockBusy. Opens its own transaction.
    """
    why = CancelReason(reason)

    def cancel() -> None:
        order = lock_row_by_number(number=number)
        if order.status == OrderStatus.CANCELLED:
            return
        if order.status != OrderStatus.PENDING:
            raise OrderNotCancellable(number, order.status)
        _move(order, OrderStatus.CANCELLED, cancelled_at=now, cancel_reason=why.value)
        announce(CANCELLED, order_ids=[order.id], now=now)
        points.give_back(order_ids=[order.id], actor=actor, reason=why.value, now=now)
        allowances.give_back(order_ids=[order.id])
        release(references=[order.stock_reference], actor=actor, reason=why.value, now=now)

    run_in_transaction(cancel)
    return selectors.get_order(number=number)


def lock_order(*, order_id: int) -> OrderView:
    """Lock an order's row until the transaction ends and return the order. Raises OrderNotFound.

    Needs a transaction.
    """
    return selectors.to_view(lock_row(order_id=order_id))


def mark_paid(*, order_id: int, now: dt.datetime) -> None:
    """Note that a pending order is paid. Raises OrderNotPayable before any write. Needs a transaction."""
    require_transaction()
    paid = _PAY.prepare(
        [OrderStatus.PAID, now, *_SETTLED.values()], [order_id, OrderStatus.PENDING], matches=1
    )
    try:
        execute_together([paid, *prepare_announcement(PAID, order_ids=[order_id], now=now)])
    except GuardClosed as closed:
        raise _not_payable(order_id) from closed


def plan_revival(*, order: OrderState) -> Revival:
    """Look whether a cancelled order's units are there again; what it takes is returned, and nothing written.

    Raises OutOfStock with all shortfalls; OrderNotPayable if the order is not cancelled. Two statements.
    """
    if order.status != OrderStatus.CANCELLED:
        raise OrderNotPayable(order.number, order.status)
    taken = read_takings(order_id=order.id)
    return Revival(order, taken, plan_reservation(demands=taken.demands, look=True))


def revive_cancelled(revival: Revival, *, now: dt.datetime) -> None:
    """Take a cancelled order's units again and mark it paid: money came late, the stock was still there.

    The points it cost are taken again, too. Raises OutOfStock, AllowanceExceeded, PointsMissing or
    StockConflict after writing, so the caller's transaction must be rolled back. The order must be locked
    since before the plan was made. Needs a transaction.
    """
    require_transaction()
    order, taken = revival.order, revival.taken
    # The first reservation and its release stay in the ledger; the second gets a reference of its own.
    reference = next_stock_reference(order.stock_reference)
    revive = _REVIVE.prepare(
        [OrderStatus.PAID, now, None, "", reference, *_SETTLED.values()],
        [order.id, OrderStatus.CANCELLED],
        matches=1,
    )
    execute_together([revive, *prepare_announcement(PAID, order_ids=[order.id], now=now)])
    points.spend_again(
        order_id=order.id,
        customer_id=taken.customer_id,
        points=taken.points,
        reference=reference,
        actor=_LATE,
        now=now,
    )
    allowances.claim_again(taken.allowances)
    reserve(claims=revival.claims, reference=reference, actor=_LATE, now=now)


def fulfil_order(*, number: str, actor: str, now: dt.datetime) -> OrderView:
    """Book a paid order's units as shipped. Raises OrderNotFound, InvalidTransition, OrderGoesBack.

    Opens its own transaction.
    """

    def fulfil() -> None:
        order = lock_row_by_number(number=number)
        if order.status == OrderStatus.PAID and goes_back(order, list(order.steps.all())):
            # Its units are about to return to stock: they must not leave the house before that.
            raise OrderGoesBack(number, order.status)
        _move(order, OrderStatus.FULFILLED, fulfilled_at=now)
        announce(FULFILLED, order_ids=[order.id], now=now)
        ship(reference=order.stock_reference, actor=actor, now=now)

    run_in_transaction(fulfil)
    return selectors.get_order(number=number)


def _move(order: Order, target: OrderStatus, **columns: Any) -> None:
    """Compare-and-set: the guard is in WHERE, because MySQL counts matched rows, not changed ones."""
    moved = Order.objects.filter(id=order.id, status__in=list_origins(target)).update(
        status=target, **_SETTLED, **columns
    )
    if not moved:
        raise InvalidTransition(order.number, order.status)


def _not_payable(order_id: int) -> OrderNotPayable | OrderNotFound:
    order = Order.objects.filter(id=order_id).first()
    return OrderNotPayable(order.number, order.status) if order else OrderNotFound(f"#{order_id}")
