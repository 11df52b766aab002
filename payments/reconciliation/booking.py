"""Refunds that were made at the gateway's own pages: booked here, so that both sides agree again."""

import datetime as dt
from collections.abc import Sequence

from inventory.ids import new_id
from inventory.transactions import run_in_transaction
from orders.services import lock_order
from payments.gateways.base import GatewayRefund
from payments.gateways.registry import get_gateway
from payments.keys import name_refund
from payments.models import Payment, PaymentStatus, ReconciliationFinding, Refund, RefundStatus
from payments.order_refunds import Decision, record_decision, settle_order
from payments.refunds import set_aside

_REASON = "refunded at the gateway"


def book_refunds(*, finding_id: int, actor: str, now: dt.datetime) -> bool:
    """Book the refunds of a finding's payment that the gateway has and we have not; say if there were any.

    Their money has gone already: nothing is sent, and no unit moves unless the order has got all its money
    back. The next run of the reconciliation closes the finding. Raises UnknownGateway, GatewayUnavailable,
    RefundTooLarge. Opens its own transaction, after the gateway was asked.
    """
    payment = ReconciliationFinding.objects.select_related("payment").get(id=finding_id).payment
    if payment is None:
        return False
    listed = get_gateway(payment.gateway).list_refunds(
        reference=payment.reference or "", charge_reference=payment.charge_reference
    )
    return run_in_transaction(lambda: _book(payment, listed, actor, now))


def _book(found: Payment, listed: Sequence[GatewayRefund], actor: str, now: dt.datetime) -> bool:
    lock_order(order_id=found.order_id)
    refunds = list(Refund.objects.filter(payment_id=found.id))
    known = {refund.reference for refund in refunds} | {name_refund(refund.id) for refund in refunds}
    missing = [one for one in listed if one.reference not in known and one.key not in known]
    for one in missing:
        _book_one(found.id, one, Decision(one.amount, (), _REASON, actor, now))
    return bool(missing)


def _book_one(payment_id: int, one: GatewayRefund, decision: Decision) -> None:
    payment = Payment.objects.select_for_update().get(id=payment_id)
    order = lock_order(order_id=payment.order_id)
    counts = payment.status == PaymentStatus.SUCCEEDED
    row = record_decision(order, decision) if counts else None
    set_aside(payment=payment, amount=one.amount)
    Refund.objects.create(
        id=new_id(),
        payment=payment,
        order_refund=row,
        amount=one.amount,
        status=RefundStatus.SUCCEEDED,
        reference=one.reference,
        reason=decision.reason,
        actor=decision.actor,
        created_at=decision.now,
        succeeded_at=decision.now,
    )
    if row is not None:
        others = Payment.objects.filter(order_id=order.id, status=PaymentStatus.SUCCEEDED)
        settle_order(order, [payment, *others.exclude(id=payment.id)], row)
