"""What staff do for a gateway that does nothing itself: see money come, and send it back."""

import datetime as dt
import json

from inventory.transactions import run_in_transaction
from payments.errors import NotByHand
from payments.gateways.base import EventContent, EventKind
from payments.gateways.registry import get_gateway
from payments.inbox import record_event
from payments.keys import name_payment
from payments.models import Payment, PaymentStatus, Refund, RefundStatus
from payments.refunds import have_sent
from payments.types import EventReceipt

CONFIRMABLE = (PaymentStatus.STARTED, PaymentStatus.CANCELLED)


def confirm_payment(*, payment_id: int, actor: str, now: dt.datetime) -> EventReceipt:
    """Note that somebody saw the whole amount arrive. It goes through the inbox, like any other money.

    Raises NotByHand for a gateway with a list of its own, and for a payment whose money came before. Opens
    its own transactions.
    """
    payment = Payment.objects.get(id=payment_id)
    if get_gateway(payment.gateway).keeps_list or payment.status not in CONFIRMABLE:
        raise NotByHand(payment.gateway, payment.status)
    content = EventContent(
        EventKind.SUCCEEDED,
        payment.reference or "",
        payment.amount,
        payment.currency,
        payment_key=name_payment(payment.id),
    )
    return record_event(
        gateway=payment.gateway,
        event_id=f"staff:{payment.id}",
        body=json.dumps({"confirmed_by": actor, "amount": payment.amount, "currency": payment.currency}),
        content=content,
        now=now,
    )


def confirm_refund(*, refund_id: int, actor: str, now: dt.datetime) -> None:
    """Note that somebody sent this money back from the bank. Raises NotByHand."""
    refund = Refund.objects.select_related("payment").get(id=refund_id)
    waiting = Refund.objects.filter(id=refund_id, status=RefundStatus.REQUESTED)
    if get_gateway(refund.payment.gateway).sends_refunds or not waiting.update(
        status=RefundStatus.SUCCEEDED, reference=actor, succeeded_at=now
    ):
        raise NotByHand(refund.payment.gateway, refund.status)


def resend_refund(*, refund_id: int, now: dt.datetime) -> bool:
    """Have the gateway send a refund again that came back; say whether it had. Opens a transaction."""

    def resend() -> bool:
        failed = Refund.objects.filter(id=refund_id, status=RefundStatus.FAILED)
        if not failed.update(status=RefundStatus.REQUESTED):
            return False
        refund = Refund.objects.select_related("payment").get(id=refund_id)
        have_sent(refund, now=now, again=f":{int(now.timestamp())}")
        return True

    return run_in_transaction(resend)
