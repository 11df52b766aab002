"""Staff pages for payments, refunds and the inbox of gateway events."""

from typing import Any, Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from inventory.backoffice import PanelSource, RecordAdmin
from orders.errors import OrderNotFound
from orders.money import format_money
from orders.selectors import get_order
from payments.admin_filters import OpenFilter, WaitingFilter
from payments.admin_panels import show_events, show_refunds_of_payment
from payments.hiding import hide_secrets
from payments.models import (
    EventOutcome,
    GatewayEvent,
    Payment,
    PaymentStatus,
    ReconciliationFinding,
    Refund,
)
from payments.staff_actions import (
    BOOK_REFUNDS,
    CLOSE,
    CONFIRM,
    DISMISS,
    REAPPLY,
    REFUND_SENT,
    RESEND,
    SEND_BACK,
)
from payments.statement_page import open_statement_page

_LONGEST_NUMBER: Final = 20


def _find_order(search_term: str) -> int | None:
    try:
        return get_order(number=search_term.strip().upper()[:_LONGEST_NUMBER]).id
    except OrderNotFound:
        return None


def _write_money(amount: int, currency: str) -> str:
    """Write an amount out; what is no currency is shown as it came."""
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        return f"{amount} {currency}"
    return format_money(amount, currency)


@admin.register(Payment)
class PaymentAdmin(RecordAdmin):
    """Attempts to pay, to be read."""

    list_display = (
        *("created_at", "show_order", "gateway", "status"),
        *("show_amount", "show_received", "show_refunded"),
    )
    list_filter = ("status", "gateway", "created_at")
    list_select_related = ("order",)
    search_fields = ("=reference",)
    search_help_text = gettext_lazy("The gateway's reference, or the number of an order.")
    sortable_by = ()
    fields = (
        ("order", "gateway", "reference", "charge_reference"),
        "status",
        ("show_amount", "show_received", "show_refunded"),
        ("created_at", "succeeded_at"),
    )
    readonly_fields = ("show_amount", "show_received", "show_refunded")
    staff_actions = (CONFIRM, SEND_BACK)
    change_list_template = "admin/staff/payment_list.html"
    panels = (
        PanelSource("payments.view_refund", show_refunds_of_payment),
        PanelSource("payments.view_gatewayevent", show_events),
    )

    def get_urls(self) -> list[URLPattern]:
        """Add the page that takes a bank's statement."""
        view = self.admin_site.admin_view(self.take_statement)
        return [path("statement/", view, name=self.url_name("statement")), *super().get_urls()]

    def take_statement(self, request: HttpRequest) -> HttpResponse:
        """Show what a bank's statement would do, and take it."""
        return open_statement_page(self, request)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find by the number of an order if there is one, else by reference: never both in one slow OR."""
        if (order_id := _find_order(search_term)) is not None:
            return queryset.filter(order_id=order_id), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=gettext_lazy("order"))
    def show_order(self, payment: Payment) -> str:
        """The order's number."""
        return str(payment.order)

    @admin.display(description=gettext_lazy("amount"))
    def show_amount(self, payment: Payment) -> str:
        """What was asked for."""
        return format_money(payment.amount, payment.currency)

    @admin.display(description=gettext_lazy("received"))
    def show_received(self, payment: Payment) -> str:
        """What came in, with a word where it is not what was asked for."""
        text = _write_money(payment.received_amount, payment.money_currency)
        return f"{text} ⚠" if payment.status == PaymentStatus.REVIEW else text

    @admin.display(description=gettext_lazy("refunded"))
    def show_refunded(self, payment: Payment) -> str:
        """What went back, or is about to."""
        return _write_money(payment.refunded_amount, payment.money_currency)


@admin.register(Refund)
class RefundAdmin(RecordAdmin):
    """Money on its way back, to be read."""

    list_display = (
        "created_at",
        "show_order",
        "show_amount",
        "status",
        "reason",
        "actor",
        "succeeded_at",
    )
    list_filter = ("status", "created_at")
    list_select_related = ("payment__order",)
    search_fields = ("=reference", "=payment__reference")
    search_help_text = gettext_lazy("The gateway's reference, or the number of an order.")
    sortable_by = ()
    fields = (
        "payment",
        "show_amount",
        "status",
        ("reason", "actor"),
        "reference",
        ("created_at", "succeeded_at"),
    )
    readonly_fields = ("show_amount",)
    staff_actions = (REFUND_SENT, RESEND)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find by the number of an order if there is one, else by reference: never both in one slow OR."""
        if (order_id := _find_order(search_term)) is not None:
            return queryset.filter(payment__order_id=order_id), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=gettext_lazy("order"))
    def show_order(self, refund: Refund) -> str:
        """The order's number."""
        return str(refund.payment.order)

    @admin.display(description=gettext_lazy("amount"))
    def show_amount(self, refund: Refund) -> str:
        """What goes back."""
        return _write_money(refund.amount, refund.payment.money_currency)


@admin.register(ReconciliationFinding)
class ReconciliationFindingAdmin(RecordAdmin):
    """Where a gateway's list and our payments disagree, or did."""

    list_display = (
        *("first_seen_at", "gateway", "kind", "reference", "show_expected", "show_actual"),
        *("resolved_at", "dismissed_at"),
    )
    list_filter = (OpenFilter, "kind", "gateway")
    search_fields = ("=reference",)
    search_help_text = gettext_lazy("The gateway's name of a payment.")
    sortable_by = ()
    fields = (
        ("gateway", "kind"),
        ("reference", "payment", "charged_at"),
        ("show_expected", "show_actual"),
        "detail",
        ("first_seen_at", "last_seen_at"),
        ("resolved_at", "dismissed_at"),
    )
    readonly_fields = ("show_expected", "show_actual")
    staff_actions = (BOOK_REFUNDS, DISMISS)

    @admin.display(description=gettext_lazy("ours"))
    def show_expected(self, finding: ReconciliationFinding) -> str:
        """What we have on record."""
        return format_money(finding.expected, finding.currency)

    @admin.display(description=gettext_lazy("the gateway's"))
    def show_actual(self, finding: ReconciliationFinding) -> str:
        """What the gateway has on record."""
        return format_money(finding.actual, finding.currency)


@admin.register(GatewayEvent)
class GatewayEventAdmin(RecordAdmin):
    """The inbox: what gateways told us, what came of it, and what waits."""

    list_display = (
        *("received_at", "gateway", "kind", "reference", "show_amount", "show_outcome", "attempts"),
        "latest_error",
    )
    list_filter = (WaitingFilter, "outcome", "gateway", "received_at")
    search_fields = ("=event_id", "=reference")
    search_help_text = gettext_lazy("The gateway's name of an event or of a payment.")
    sortable_by = ()
    fields = (
        ("gateway", "event_id", "kind"),
        ("reference", "charge_reference", "payment", "show_amount"),
        ("received_at", "settled_at"),
        ("show_outcome", "attempts", "apply_after"),
        "latest_error",
        "show_body",
    )
    readonly_fields = ("show_amount", "show_outcome", "show_body")
    staff_actions = (REAPPLY, CLOSE)

    @admin.display(description=gettext_lazy("amount"))
    def show_amount(self, event: GatewayEvent) -> str:
        """The amount the event names; what is no currency is shown as it came."""
        if event.amount is None:
            return ""
        return _write_money(event.amount, event.currency)

    @admin.display(description=gettext_lazy("outcome"))
    def show_outcome(self, event: GatewayEvent) -> str:
        """How it ended, or that it waits."""
        return str(EventOutcome(event.outcome).label)

    @admin.display(description=gettext_lazy("body"))
    def show_body(self, event: GatewayEvent) -> str:
        """What came, as it came, but for what nobody needs to read."""
        return format_html("<pre>{}</pre>", hide_secrets(event.body))
