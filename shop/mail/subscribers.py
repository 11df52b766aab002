"""What the outbox has told to customers. Each handler gets the key and the payload of a message.

A message may come more than once, and late: what is not true any more is left unsaid.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.utils import timezone

from orders.selectors import get_orders_by_id, is_payable
from orders.states import OrderStatus
from orders.types import OrderView
from payments.selectors import find_returned_money, was_revived
from payments.types import ReturnReason
from shop.mail.kinds import MailKind
from shop.mail.sending import send_once
from shop.models import SentMail

SUBSCRIBER: Final = "mail"
AGAIN_TOPIC: Final = "mail.again"
_RETURNED: Final[Mapping[ReturnReason, MailKind]] = {
    ReturnReason.LATE: MailKind.LATE_RETURNED,
    ReturnReason.TWICE: MailKind.TWICE_RETURNED,
    ReturnReason.WRONG: MailKind.WRONG_RETURNED,
}


def tell_placed(key: str, payload: Mapping[str, Any]) -> None:
    """Ask for the money, while it is asked for."""
    # Looked at first: most orders are paid by now, and there is nothing to say.
    if is_payable(order_id=payload["order_id"], now=timezone.now()):
        _send(key, MailKind.PLACED, _get_order(payload), payload)


def tell_paid(key: str, payload: Mapping[str, Any]) -> None:
    """Say that the money has arrived."""
    order = _get_order(payload)
    kind = MailKind.PAID_LATE if was_revived(order_id=order.id) else MailKind.PAID
    _send(key, kind, order, payload)


def tell_cancelled(key: str, payload: Mapping[str, Any]) -> None:
    """Say that an order is cancelled, and why; unless late money has revived it meanwhile."""
    order = _get_order(payload)
    if order.status == OrderStatus.CANCELLED:
        _send(key, MailKind.CANCELLED, order, payload)


def tell_shipped(key: str, payload: Mapping[str, Any]) -> None:
    """Say that an order has left the house."""
    _send(key, MailKind.SHIPPED, _get_order(payload), payload)


def tell_refunded(key: str, payload: Mapping[str, Any]) -> None:
    """Say how much of an order's money goes back; of units that cost nothing there is nothing to say."""
    amount = payload.get("amount")
    if amount != 0:
        kind = MailKind.REFUNDED if amount is None else MailKind.PART_REFUNDED
        _send(key, kind, _get_order(payload), payload)


def tell_returned(key: str, payload: Mapping[str, Any]) -> None:
    """Say that money goes back which was never an order's; what was is told with its order."""
    refund_id = payload["refund_id"]
    if money := find_returned_money(refund_id=refund_id):
        details = {"amount": money.amount, "currency": money.currency}
        order = _get_order({"order_id": money.order_id})
        # A refund that came back and is sent once more is no news.
        _send(f"returned:{refund_id}", _RETURNED[money.reason], order, details)


def tell_again(key: str, payload: Mapping[str, Any]) -> None:
    """Send a mail again that staff have asked for."""
    sent = SentMail.objects.get(id=payload["sent_mail_id"])
    order = _get_order(sent.details)
    _send(key, MailKind(sent.kind), order, sent.details)


def _get_order(payload: Mapping[str, Any]) -> OrderView:
    order_id = payload["order_id"]
    return get_orders_by_id(ids=[order_id])[order_id]


def _send(key: str, kind: MailKind, order: OrderView, details: Mapping[str, Any]) -> None:
    send_once(
        # The same for a message that was ours alone and for our part of one that others get too.
        key=key.removesuffix(f"/{SUBSCRIBER}"),
        kind=kind,
        order=order,
        details={**details, "order_id": order.id},
        now=timezone.now(),
    )
