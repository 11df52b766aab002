"""What staff should read first about money: what is wrong, and what to press."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.backoffice import Link, Notice
from orders.money import write_money
from orders.selectors import find_parked_message
from payments.gateways.registry import list_gateways_by_hand
from payments.inbox import LEFT_TO_STAFF
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
from payments.refunds import REFUND_TOPIC

_EVENTS: Final[dict[str, Promise]] = {
    EventOutcome.WAITING: gettext_lazy(
        "This could not be applied yet and is tried again by itself. Nothing needs to be done now."
    ),
    EventOutcome.UNKNOWN_REFERENCE: gettext_lazy(
        "No payment has this reference. Look for its order by amount, time and what the body says. Press"
        " “Apply again” if its payment is there by now; else send the money back at the gateway or the bank,"
        " and press “Settled by hand”."
    ),
    EventOutcome.REVIEW: gettext_lazy(
        "The shop cannot tell what this is for (latest error and body). Find out at the gateway or the bank"
        " whether it is an order's money and, if not, send it back there; then press “Settled by hand”."
    ),
}
_FINDINGS: Final[dict[str, Promise]] = {
    FindingKind.CHARGE_WITHOUT_PAYMENT: gettext_lazy(
        "The gateway charged somebody, and the shop has no payment for it. Find the order, or refund it at"
        " the gateway; then press “Settled by hand”."
    ),
    FindingKind.PAYMENT_WITHOUT_CHARGE: gettext_lazy(
        "The shop has money on record that the gateway does not have. Do not ship before you know why."
    ),
    FindingKind.REFERENCE_NOT_SAVED: gettext_lazy(
        "The gateway opened a payment, and the shop did not hear of it. The next comparison repairs this."
    ),
    FindingKind.PAYMENT_BEHIND: gettext_lazy(
        "The shop did not hear what became of this payment. The next comparison repairs this."
    ),
    FindingKind.AMOUNT_DIFFERS: gettext_lazy(
        "The gateway has another amount on record. Look the payment up there; once it is settled, press"
        " “Settled by hand”."
    ),
    FindingKind.REFUND_DIFFERS: gettext_lazy(
        "Somebody refunded at the gateway, or a refund never left. If it was refunded there, press “Book the"
        " refunds made at the gateway”. Units do not move with it."
    ),
    FindingKind.CHARGED_TWICE: gettext_lazy(
        "The customer was charged a second time. Refund that charge at the gateway; then press"
        " “Settled by hand”."
    ),
}


def explain_payments(order: Any) -> Iterable[Notice]:
    """Yield what is wrong with the money of an order, with the way to where it can be put right."""
    for payment in Payment.objects.filter(order_id=order.pk).order_by("id"):
        yield from _lead(explain_payment, payment)
        for event in payment.events.filter(outcome__in=LEFT_TO_STAFF).order_by("id"):
            # Of money in the wrong amount the payment itself says what to do.
            if payment.status != PaymentStatus.REVIEW or event.outcome != EventOutcome.AMOUNT_MISMATCH:
                yield from _lead(explain_event, event)


def explain_refunds(order: Any) -> Iterable[Notice]:
    """Yield which refunds of an order do not go back by themselves."""
    refunds = Refund.objects.filter(payment__order_id=order.pk).exclude(status=RefundStatus.SUCCEEDED)
    for refund in refunds.select_related("payment").order_by("id"):
        yield from _lead(explain_refund, refund)


def explain_payment(payment: Payment) -> Iterable[Notice]:
    """Yield what to do about money in the wrong amount, until it has gone back."""
    if payment.status != PaymentStatus.REVIEW or payment.received_amount == payment.refunded_amount:
        return
    text = _(
        "%(received)s came in where %(amount)s was asked for. It does not count for the order."
        " “Send the money back” on the page of the payment returns it; the order stays as it is."
    )
    received = write_money(payment.received_amount, payment.money_currency)
    yield Notice(text % {"received": received, "amount": write_money(payment.amount, payment.currency)})


def explain_refund(refund: Refund) -> Iterable[Notice]:
    """Yield what a refund waits for."""
    amount = {"amount": write_money(refund.amount, refund.payment.money_currency)}
    if refund.status == RefundStatus.FAILED:
        text = _("The refund of %(amount)s came back from the gateway. “Send again” on its page repeats it.")
        yield Notice(text % amount)
    elif refund.status == RefundStatus.REQUESTED and refund.payment.gateway in list_gateways_by_hand():
        text = _(
            "%(amount)s has to be sent back from the bank by hand. The customer's account is in the body of"
            " the payment's event. Then press “The money has been sent back” on the page of the refund."
        )
        yield Notice(text % amount)


def explain_unsent(refund: Refund) -> Iterable[Notice]:
    """Yield that a refund could not be handed to its gateway; its order says so of any message."""
    key = f"{REFUND_TOPIC}:{refund.payment.order_id}:{refund.pk}"
    if refund.status == RefundStatus.REQUESTED and (message := find_parked_message(key=key)):
        text = _("This could not be handed to the gateway. Open the message to have it delivered again.")
        yield Notice(text, Link(reverse("admin:orders_outboxmessage_change", args=[message]), _("Message")))


def explain_event(event: GatewayEvent) -> Iterable[Notice]:
    """Yield what an event waits for."""
    if event.outcome == EventOutcome.AMOUNT_MISMATCH:
        text = _(
            "Amount or currency is not what was asked for, so it does not count for the order. Send the money"
            " back on the page of the payment, or at the gateway; then press “Settled by hand”."
        )
        if event.payment and event.payment.received_amount == event.payment.refunded_amount:
            text = _("The money goes back. Press “Settled by hand” to have this out of the way.")
        yield Notice(text, _link(event.payment) if event.payment else None)
    elif told := _EVENTS.get(event.outcome):
        yield Notice(told)


def explain_finding(finding: ReconciliationFinding) -> Iterable[Notice]:
    """Yield what an open finding asks for."""
    if finding.resolved_at is None and finding.dismissed_at is None:
        yield Notice(_FINDINGS[finding.kind])


def _lead(explain: Callable[[Any], Iterable[Notice]], record: Any) -> Iterable[Notice]:
    for notice in explain(record):
        yield Notice(notice.text, notice.link or _link(record))


def _link(record: Any) -> Link:
    name = f"admin:payments_{record._meta.model_name}_change"
    return Link(reverse(name, args=[record.pk]), str(record))
