"""What the pages of orders and payments show of money."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from inventory.backoffice import Link, Panel
from orders.money import format_money
from payments.models import Payment, Refund


def show_payments(order: Any) -> Panel:
    """Return every attempt to pay an order."""
    return Panel(
        title=_("Payments"),
        columns=[
            _("Payment"),
            _("Status"),
            _("Amount"),
            _("Received"),
            _("Refunded"),
            _("Started"),
            _("Succeeded"),
        ],
        rows=[
            [
                _link(payment, str(payment)),
                payment.get_status_display(),
                format_money(payment.amount, payment.currency),
                format_money(payment.received_amount, payment.money_currency),
                format_money(payment.refunded_amount, payment.money_currency),
                payment.created_at,
                payment.succeeded_at,
            ]
            for payment in Payment.objects.filter(order_id=order.pk).order_by("id")
        ],
        links=[
            Link(
                reverse("admin:payments_payment_changelist", query={"q": order.number}),
                _("Show in the list of payments"),
            )
        ],
    )


def show_refunds_of_order(order: Any) -> Panel:
    """Return every refund of an order."""
    return _show_refunds(
        Refund.objects.filter(payment__order_id=order.pk).select_related("payment").order_by("id")
    )


def show_refunds_of_payment(payment: Payment) -> Panel:
    """Return every refund of a payment."""
    return _show_refunds(payment.refunds.select_related("payment").order_by("id"))


def show_events(payment: Payment) -> Panel:
    """Return what the gateway told us about a payment."""
    return Panel(
        title=_("Gateway events"),
        columns=[_("Event"), _("Kind"), _("Received"), _("Outcome")],
        rows=[
            [_link(event, event.event_id), event.kind, event.received_at, event.get_outcome_display()]
            for event in payment.events.order_by("id")
        ],
    )


def _show_refunds(refunds: Iterable[Refund]) -> Panel:
    return Panel(
        title=_("Refunds"),
        columns=[
            _("Refund"),
            _("Amount"),
            _("Status"),
            _("Reason"),
            _("Who"),
            _("Requested"),
            _("Succeeded"),
        ],
        rows=[
            [
                _link(refund, str(refund.pk)),
                format_money(refund.amount, refund.payment.money_currency),
                refund.get_status_display(),
                refund.reason,
                refund.actor,
                refund.created_at,
                refund.succeeded_at,
            ]
            for refund in refunds
        ],
    )


def _link(record: Any, text: str) -> str:
    name = f"admin:payments_{record._meta.model_name}_change"
    return format_html('<a href="{}">{}</a>', reverse(name, args=[record.pk]), text)
