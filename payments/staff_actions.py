"""What staff can do about money: each one button, confirmed, and one service call."""

import datetime as dt
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.backoffice import StaffAction
from inventory.backoffice import explain as explain_stock
from inventory.errors import StockBusy
from orders.errors import InvalidTransition, OrderNotFound
from orders.states import OrderStatus
from payments import services
from payments.errors import NothingToRefund, NotInReview, PaymentError
from payments.inbox import REAPPLICABLE
from payments.models import EventOutcome, GatewayEvent, Payment, PaymentStatus


class EventStillWaits(PaymentError):
    """The event could not be applied this time either."""


def explain(error: Exception) -> str:
    """Return what went wrong with money, for staff."""
    match error:
        case InvalidTransition():
            return _("only an order that is paid or shipped can be refunded, and only once.")
        case OrderNotFound():
            return _("the order is gone.")
        case NothingToRefund():
            return _("all of it has been sent back already.")
        case NotInReview():
            return _("its money counts for its order; refund the order instead.")
        case EventStillWaits():
            return _("still cannot be applied; it is tried again by itself and then left to staff.")
    return explain_stock(error)


def _refund(order: Any, actor: str, now: dt.datetime) -> bool:
    services.refund_order(number=order.number, reason="refunded by staff", actor=actor, now=now)
    return True


def _send_back(payment: Payment, actor: str, now: dt.datetime) -> bool:
    services.refund_payment(payment_id=payment.pk, reason="wrong amount", actor=actor, now=now)
    return True


def _why_not_send_back(payment: Payment) -> str:
    if payment.received_amount == payment.refunded_amount:
        return explain(NothingToRefund(payment.pk))
    return explain(NotInReview(payment.pk, payment.status))


def _reapply(event: GatewayEvent, actor: str, now: dt.datetime) -> bool:
    if not services.reapply_event(event_pk=event.pk, now=now):
        raise EventStillWaits
    return True


# Shown with orders, which know nothing of money: the composition root puts it there.
REFUND: Final = StaffAction(
    name="refund",
    label=gettext_lazy("Refund"),
    question=gettext_lazy(
        "Send back everything paid for this? Units that have not left the house go back on sale."
    ),
    permission="payments.add_refund",
    is_possible=lambda order: order.status in (OrderStatus.PAID, OrderStatus.FULFILLED),
    run=_refund,
    why_not=lambda order: explain(InvalidTransition(order.number, order.status)),
    errors=(InvalidTransition, OrderNotFound, StockBusy),
    explain=explain,
)
REAPPLY: Final = StaffAction(
    name="reapply",
    label=gettext_lazy("Apply again"),
    question=gettext_lazy("Try again to apply this event? One that was applied before is not applied twice."),
    permission="payments.change_gatewayevent",
    is_possible=lambda event: event.outcome in (EventOutcome.WAITING, *REAPPLICABLE),
    run=_reapply,
    errors=(EventStillWaits,),
    explain=explain,
)
SEND_BACK: Final = StaffAction(
    name="send_back",
    label=gettext_lazy("Send the money back"),
    question=gettext_lazy("Send back all that came in with this payment? The order stays as it is."),
    permission="payments.add_refund",
    is_possible=lambda payment: (
        payment.status == PaymentStatus.REVIEW and payment.received_amount > payment.refunded_amount
    ),
    run=_send_back,
    errors=(NothingToRefund, NotInReview, StockBusy),
    why_not=_why_not_send_back,
    explain=explain,
)
