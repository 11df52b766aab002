"""Part of an order goes back: which lines, what was paid for them, and what becomes of their units."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db.models import F

from inventory.services import take_back, withdraw
from inventory.transactions import require_transaction
from orders import allowances
from orders.announcements import REFUNDED, announce, announce_part
from orders.errors import InvalidTransition, NotThatManyToRefund, RefundTooLarge
from orders.lifecycle import lock_order
from orders.models import Order, OrderLine
from orders.numbers import next_stock_reference
from orders.points import services as points
from orders.rows import lock_row
from orders.states import OrderStatus
from orders.types import LineRefund, OrderView

_REFUNDABLE = (OrderStatus.PAID, OrderStatus.FULFILLED)


def require_refundable(order: OrderView) -> None:
    """Raise InvalidTransition unless the shop has something that could be refunded: the order is live."""
    if order.status not in _REFUNDABLE:
        raise InvalidTransition(order.number, order.status)


def list_refundable(
    order: OrderView, *, besides: Sequence[LineRefund] = (), restock: bool | None = None
) -> tuple[LineRefund, ...]:
    """Return all that is left of an order's lines, besides what these take, as a refund of it."""
    taken = {line.position: line.quantity for line in besides}
    return tuple(
        LineRefund(position, left, restock)
        for position, line in enumerate(order.lines)
        if (left := line.quantity - line.refunded_quantity - taken.get(position, 0)) > 0
    )


def note_refund(
    *,
    order: OrderView,
    refund_id: int,
    amount: int,
    lines: Sequence[LineRefund],
    actor: str,
    now: dt.datetime,
) -> None:
    """Note that so much money and these units of an order go back, of which more is left.

    What becomes of the units is said with each line. The order keeps its status. `order` must be locked.
    Raises InvalidTransition unless it is paid or shipped, RefundTooLarge, NotThatManyToRefund. Needs a
    transaction, which must be rolled back then.
    """
    require_transaction()
    require_refundable(order)
    _note(order, amount, lines)
    announce_part(order_id=order.id, refund_id=refund_id, amount=amount, now=now)
    row = Order.objects.get(id=order.id)
    keep, occasion = row.total_amount - row.refunded_amount, f"order:{order.number}:{refund_id}"
    points.take_back(order=row, keep=keep, reference=occasion, reason="refunded", now=now)
    allowances.give_back_units(order_id=order.id, units=_sum_units(order, lines))
    _settle_units(order, lines, actor=actor, now=now)


def mark_refunded(
    *, order_id: int, amount: int = 0, lines: Sequence[LineRefund] = (), actor: str, now: dt.datetime
) -> None:
    """Note that with so much money and these units all of an order has gone back.

    Units that are left besides are settled as usual: those that have not left the house go on sale again.
    Raises what `note_refund` does. Needs a transaction, which must be rolled back then.
    """
    require_transaction()
    order = lock_order(order_id=order_id)
    require_refundable(order)
    everything = [*lines, *list_refundable(order, besides=lines)]
    _note(order, amount, everything, status=OrderStatus.REFUNDED, refunded_at=now)
    announce(REFUNDED, order_ids=[order.id], now=now)
    row = Order.objects.get(id=order.id)
    points.give_back(order_ids=[order.id], actor=actor, reason="refunded", now=now)
    points.take_back(order=row, keep=0, reference=f"order:{order.number}", reason="refunded", now=now)
    allowances.give_back(order_ids=[order.id])
    _settle_units(order, everything, actor=actor, now=now)


def _note(order: OrderView, amount: int, lines: Sequence[LineRefund], **columns: Any) -> None:
    # What was read under the order's lock is compared again as it is written.
    row = Order.objects.filter(id=order.id, status=order.status)
    if not row.filter(refunded_amount__lte=F("total_amount") - amount).update(
        refunded_amount=F("refunded_amount") + amount, **columns
    ):
        raise RefundTooLarge(order.total_amount - order.refunded_amount)
    for line in lines:
        _note_line(order, line)


def _settle_units(order: OrderView, lines: Sequence[LineRefund], *, actor: str, now: dt.datetime) -> None:
    if order.status == OrderStatus.FULFILLED:
        back = _sum_units(order, [line for line in lines if line.restock])
        _take_back(order, back, actor=actor, now=now)
    elif lines:
        lost = _sum_units(order, [line for line in lines if line.restock is False])
        _withdraw(order, _sum_units(order, lines) - lost, lost, actor=actor, now=now)


def _note_line(order: OrderView, line: LineRefund) -> None:
    rows = OrderLine.objects.filter(order_id=order.id, position=line.position)
    withdrawn = line.quantity if order.status == OrderStatus.PAID else 0
    if line.quantity < 1 or not rows.filter(refunded_quantity__lte=F("quantity") - line.quantity).update(
        refunded_quantity=F("refunded_quantity") + line.quantity,
        withdrawn_quantity=F("withdrawn_quantity") + withdrawn,
    ):
        raise NotThatManyToRefund(line.position, line.quantity)


def _sum_units(order: OrderView, lines: Sequence[LineRefund]) -> Counter[int]:
    units: Counter[int] = Counter()
    for line in lines:
        units[order.lines[line.position].stock_item_id] += line.quantity
    return units


def _withdraw(
    order: OrderView, back: Counter[int], lost: Counter[int], *, actor: str, now: dt.datetime
) -> None:
    row = lock_row(order_id=order.id)
    remainder = next_stock_reference(row.stock_reference)
    Order.objects.filter(id=order.id).update(stock_reference=remainder)
    withdraw(
        reference=row.stock_reference,
        remainder=remainder,
        returned=back,
        lost=lost,
        actor=actor,
        reason="refunded",
        now=now,
    )


def _take_back(order: OrderView, units: Counter[int], *, actor: str, now: dt.datetime) -> None:
    if units:
        reference = Order.objects.values_list("stock_reference", flat=True).get(id=order.id)
        take_back(reference=reference, units=units, actor=actor, reason="refunded", now=now)
