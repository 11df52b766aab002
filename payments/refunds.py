"""Money on its way back: decided in one transaction with its cause, sent by outbox, once."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import F
from django.utils import timezone

from inventory.ids import new_id
from inventory.transactions import require_transaction, run_in_transaction
from orders.errors import RefundTooLarge
from orders.services import enqueue, lock_order
from payments.errors import NothingToRefund, NotInReview
from payments.gateways.base import RefundRequest
from payments.gateways.registry import get_gateway
from payments.keys import name_payment, name_refund
from payments.models import OrderRefund, Payment, PaymentStatus, Refund, RefundStatus

REFUND_TOPIC = "payment.refund"


def refund_payment(*, payment_id: int, reason: str, actor: str, now: dt.datetime) -> None:
    """Send back all that one payment brought in: the way out for money in the wrong amount.

    The order keeps its status, whatever that is: so money that counts for an order goes back by
    `refund_order` only. Raises NothingToRefund, NotInReview. Opens its own transaction.
    """

    def refund() -> None:
        lock_order(order_id=Payment.objects.get(id=payment_id).order_id)
        payment = Payment.objects.select_for_update().get(id=payment_id)
        left = payment.received_amount - payment.refunded_amount
        if not left:
            raise NothingToRefund(payment_id)
        if payment.status != PaymentStatus.REVIEW:
            raise NotInReview(payment_id, payment.status)
        request_refund(payment=payment, amount=left, reason=reason, actor=actor, now=now)

    run_in_transaction(refund)


def request_refund(
    *,
    payment: Payment,
    amount: int,
    reason: str,
    actor: str,
    now: dt.datetime,
    order_refund: OrderRefund | None = None,
) -> None:
    """Set `amount` minor units of a payment aside for refund and have the gateway told. Needs a transaction.

    Raises RefundTooLarge if that would exceed what was received.
    """
    set_aside(payment=payment, amount=amount)
    refund = Refund.objects.create(
        id=new_id(),
        payment=payment,
        order_refund=order_refund,
        amount=amount,
        reason=reason[:200],
        actor=actor,
        created_at=now,
    )
    have_sent(refund, now=now)


def have_sent(refund: Refund, *, now: dt.datetime, again: str = "") -> None:
    """Have the gateway told of a refund; `again` tells one round from another. Needs a transaction."""
    key = f"{REFUND_TOPIC}:{refund.payment.order_id}:{refund.id}{again}"
    enqueue(topic=REFUND_TOPIC, payloads={key: {"refund_id": refund.id}}, now=now)


def set_aside(*, payment: Payment, amount: int) -> None:
    """Count so much of a payment as gone back, if it is there. Raises RefundTooLarge. Needs a transaction."""
    require_transaction()
    # Compared again as it is written, whatever the caller has read: two refunds at once cannot both have it.
    # The row's CHECK stands behind this.
    enough = Payment.objects.filter(id=payment.id, received_amount__gte=F("refunded_amount") + amount)
    if not enough.update(refunded_amount=F("refunded_amount") + amount):
        raise RefundTooLarge(payment.received_amount - payment.refunded_amount)


def execute_refund(key: str, payload: Mapping[str, Any]) -> None:
    """Have the gateway send the money.

    An outbox handler; the refund's id makes a second call the same refund.
    """
    refund = Refund.objects.select_related("payment").get(id=payload["refund_id"])
    if refund.status == RefundStatus.SUCCEEDED:
        return
    gateway = get_gateway(refund.payment.gateway)
    if not gateway.sends_refunds:
        return  # staff send it, and say so
    reference = gateway.refund_payment(_describe(refund))
    Refund.objects.filter(id=refund.id, status=RefundStatus.REQUESTED).update(
        status=RefundStatus.SUCCEEDED, reference=reference, succeeded_at=timezone.now()
    )


def _describe(refund: Refund) -> RefundRequest:
    payment = refund.payment
    return RefundRequest(
        idempotency_key=name_refund(refund.id),
        payment_key=name_payment(payment.id),
        reference=payment.reference or "",
        charge_reference=payment.charge_reference,
        amount=refund.amount,
        currency=payment.money_currency,
    )
