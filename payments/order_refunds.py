"""Refunds of orders: all that is left, some lines, or an amount. Decided once, under the order's lock."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from inventory.ids import new_id
from inventory.transactions import run_in_transaction
from orders import selectors as orders
from orders.errors import NotThatManyToRefund, RefundTooLarge
from orders.services import list_refundable, lock_order, mark_refunded, note_refund, require_refundable
from orders.types import LineRefund, OrderView
from payments.errors import NothingToRefund
from payments.models import OrderRefund, Payment, PaymentStatus
from payments.refunds import request_refund


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to go back, who says so and why."""

    amount: int
    lines: Sequence[LineRefund]
    reason: str
    actor: str
    now: dt.datetime
    token: str = ""


def refund_order(
    *,
    number: str,
    reason: str,
    actor: str,
    now: dt.datetime,
    lines: Sequence[LineRefund] = (),
    amount: int | None = None,
    restock: bool | None = None,
    token: str = "",
) -> OrderView:
    """Refund an order: all that is left of it, or these lines, or this amount, in minor units.

    With `lines`, what was paid for them goes back, as far as it is left; `amount` says otherwise. What
    becomes of the units is written with each line; `restock` says it for all that is left. The order stays
    paid or shipped until all its money has gone back. A `token` of the caller's gives the same refund again.

    Raises OrderNotFound, InvalidTransition unless the order is paid or shipped, RefundTooLarge,
    NotThatManyToRefund, NothingToRefund. Opens its own transaction.
    """
    order_id = orders.get_order(number=number).id

    def refund() -> None:
        order = lock_order(order_id=order_id)
        if token and OrderRefund.objects.filter(order_id=order_id, token=token).exists():
            return
        require_refundable(order)
        payments = _lock_payments(order_id)
        left = sum(payment.received_amount - payment.refunded_amount for payment in payments)
        is_all = not lines and amount is None
        wanted = list_refundable(order, restock=restock) if is_all else tuple(lines)
        price = left if is_all else _price(order, wanted, amount, left)
        _carry_out(order, payments, Decision(price, wanted, reason, actor, now, token))

    run_in_transaction(refund)
    return orders.get_order(number=number)


def _price(order: OrderView, lines: Sequence[LineRefund], amount: int | None, left: int) -> int:
    """Return what goes back, having checked that it can."""
    positions = [line.position for line in lines]
    for line in lines:
        is_known = 0 <= line.position < len(order.lines) and positions.count(line.position) == 1
        if not is_known or line.quantity < 1:
            raise NotThatManyToRefund(line.position, line.quantity)
    if amount is None:
        return min(left, orders.price_refund(order, lines))
    if not lines and not amount:
        raise NothingToRefund(order.id)
    if not 0 <= amount <= left:
        raise RefundTooLarge(left)
    return amount


def _lock_payments(order_id: int) -> list[Payment]:
    paid = Payment.objects.select_for_update().filter(order_id=order_id, status=PaymentStatus.SUCCEEDED)
    return list(paid.order_by("id"))


def _carry_out(order: OrderView, payments: Sequence[Payment], decision: Decision) -> None:
    """Write a refund down, set its money aside payment by payment, and settle its units with the ledger."""
    row = record_decision(order, decision)
    missing = decision.amount
    for payment in payments:
        part = min(missing, payment.received_amount - payment.refunded_amount)
        if part:
            request_refund(
                payment=payment,
                amount=part,
                reason=decision.reason,
                actor=decision.actor,
                now=decision.now,
                order_refund=row,
            )
        missing -= part
    settle_order(order, payments, row, lines=decision.lines)


def record_decision(order: OrderView, decision: Decision) -> OrderRefund:
    """Write down what was decided. Needs a transaction."""
    return OrderRefund.objects.create(
        id=new_id(),
        order_id=order.id,
        token=decision.token or None,
        amount=decision.amount,
        lines=[asdict(line) | {"sku": order.lines[line.position].sku} for line in decision.lines],
        reason=decision.reason[:200],
        actor=decision.actor,
        created_at=decision.now,
    )


def settle_order(
    order: OrderView, payments: Sequence[Payment], row: OrderRefund, *, lines: Sequence[LineRefund] = ()
) -> None:
    """Have the order follow its money, which was set aside for `row`. Needs a transaction.

    `payments` are as they were before. An order whose money has all gone back is refunded, and what it still
    holds goes on sale again.
    """
    left = sum(payment.received_amount - payment.refunded_amount for payment in payments)
    is_free = not order.total_amount
    if left == row.amount and not (is_free and list_refundable(order, besides=lines)):
        mark_refunded(order_id=order.id, amount=row.amount, lines=lines, actor=row.actor, now=row.created_at)
    else:
        note_refund(
            order=order, refund_id=row.id, amount=row.amount, lines=lines, actor=row.actor, now=row.created_at
        )
