"""What staff can do about money: each one button, confirmed, and one service call."""

import datetime as dt
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.backoffice import StaffAction
from inventory.backoffice import explain as explain_stock
from inventory.errors import StockBusy
from orders.errors import InvalidTransition, OrderNotFound, RefundTooLarge
from orders.states import OrderStatus
from payments import services
from payments.by_hand import CONFIRMABLE
from payments.errors import (
    GatewayUnavailable,
    NotByHand,
    NothingToRefund,
    NotInReview,
    PaymentError,
    UnknownGateway,
)
from payments.gateways.registry import find_gateway
from payments.inbox import LEFT_TO_STAFF, REAPPLICABLE
from payments.models import (
    EventOutcome,
    FindingKind,
    GatewayEvent,
    Payment,
    PaymentStatus,
    ReconciliationFinding,
    Refund,
    RefundStatus,
)
from payments.refund_page import open_refund_page


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
        case NotByHand():
            return _("it is done already, or the gateway does it itself.")
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


def _does(name: str, *, itself: str) -> bool:
    """Say whether a gateway does this itself; one that is switched off does nothing that staff could do."""
    gateway = find_gateway(name)
    return gateway is None or getattr(gateway, itself)


def _confirm(payment: Payment, actor: str, now: dt.datetime) -> bool:
    return not services.confirm_payment(payment_id=payment.pk, actor=actor, now=now).duplicate


def _confirm_refund(refund: Refund, actor: str, now: dt.datetime) -> bool:
    services.confirm_refund(refund_id=refund.pk, actor=actor, now=now)
    return True


def _resend(refund: Refund, actor: str, now: dt.datetime) -> bool:
    return services.resend_refund(refund_id=refund.pk, now=now)


def _close(event: GatewayEvent, actor: str, now: dt.datetime) -> bool:
    return services.close_event(event_pk=event.pk)


def _dismiss(finding: ReconciliationFinding, actor: str, now: dt.datetime) -> bool:
    return services.dismiss_finding(finding_id=finding.pk, now=now)


def _book(finding: ReconciliationFinding, actor: str, now: dt.datetime) -> bool:
    return services.book_refunds(finding_id=finding.pk, actor=actor, now=now)


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
    open_page=open_refund_page,
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
CLOSE: Final = StaffAction(
    name="close",
    label=gettext_lazy("Settled by hand"),
    question=gettext_lazy("Is this settled, so that it need not wait for staff? Nothing else changes."),
    permission="payments.change_gatewayevent",
    is_possible=lambda event: event.outcome in LEFT_TO_STAFF,
    run=_close,
)
CONFIRM: Final = StaffAction(
    name="confirm",
    label=gettext_lazy("The money has arrived"),
    question=gettext_lazy("Have you seen exactly this amount on the account, with this reference?"),
    permission="payments.confirm_payment",
    is_possible=lambda payment: (
        payment.status in CONFIRMABLE and not _does(payment.gateway, itself="keeps_list")
    ),
    run=_confirm,
    why_not=lambda payment: explain(NotByHand(payment.gateway, payment.status)),
    errors=(NotByHand, UnknownGateway, StockBusy),
    explain=explain,
)
REFUND_SENT: Final = StaffAction(
    name="refund_sent",
    label=gettext_lazy("The money has been sent back"),
    question=gettext_lazy("Have you sent exactly this amount back to the customer's account?"),
    permission="payments.change_refund",
    is_possible=lambda refund: (
        refund.status == RefundStatus.REQUESTED and not _does(refund.payment.gateway, itself="sends_refunds")
    ),
    run=_confirm_refund,
    why_not=lambda refund: explain(NotByHand(refund.payment.gateway, refund.status)),
    errors=(NotByHand, UnknownGateway),
    explain=explain,
)
RESEND: Final = StaffAction(
    name="resend",
    label=gettext_lazy("Send again"),
    question=gettext_lazy("Have the gateway send this refund again, which came back?"),
    permission="payments.change_refund",
    is_possible=lambda refund: refund.status == RefundStatus.FAILED,
    run=_resend,
)
BOOK_REFUNDS: Final = StaffAction(
    name="book_refunds",
    label=gettext_lazy("Book the refunds made at the gateway"),
    question=gettext_lazy("Book what somebody has refunded at the gateway's own pages? Nothing is sent."),
    permission="payments.add_refund",
    is_possible=lambda finding: finding.kind == FindingKind.REFUND_DIFFERS and finding.resolved_at is None,
    run=_book,
    errors=(GatewayUnavailable, UnknownGateway, RefundTooLarge, InvalidTransition, StockBusy),
    explain=explain,
)
DISMISS: Final = StaffAction(
    name="dismiss",
    label=gettext_lazy("Settled by hand"),
    question=gettext_lazy("Is this settled? It shows up again only if one of the two amounts changes."),
    permission="payments.change_reconciliationfinding",
    is_possible=lambda finding: finding.resolved_at is None and finding.dismissed_at is None,
    run=_dismiss,
)
