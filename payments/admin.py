"""Staff pages for payments, refunds and the inbox of gateway events."""

from typing import Any, Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from inventory.backoffice import NoticeSource, PanelSource, RecordAdmin, WaitingList
from orders.errors import OrderNotFound
from orders.money import format_money, write_money
from orders.selectors import get_order
from payments import finding_admin as _finding_admin  # noqa: F401 - registers its page
from payments.admin_filters import (
    PaymentFilter,
    RefundFilter,
    WaitingFilter,
    choose_for_staff,
    choose_review,
    choose_waiting_refunds,
)
from payments.admin_notices import explain_event, explain_payment, explain_refund, explain_unsent
from payments.admin_panels import show_events, show_refunds_of_payment
from payments.hiding import hide_secrets
from payments.models import (
    EventOutcome,
    GatewayEvent,
    Payment,
    PaymentStatus,
    Refund,
)
from payments.staff_actions import (
    CLOSE,
    CONFIRM,
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


@admin.register(Payment)
class PaymentAdmin(RecordAdmin):
    """Attempts to pay, to be read."""

    list_display = (
        *("created_at", "show_order", "gateway", "status"),
        *("show_amount", "show_received", "show_refunded"),
    )
    list_filter = (PaymentFilter, "status", "gateway", "created_at")
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
    notices = (NoticeSource("payments.view_payment", explain_payment),)
    waiting_lists = (
        WaitingList(gettext_lazy("payments in the wrong amount"), "waiting=staff", choose_review),
    )
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
        text = write_money(payment.received_amount, payment.money_currency)
        return f"{text} ⚠" if payment.status == PaymentStatus.REVIEW else text

    @admin.display(description=gettext_lazy("refunded"))
    def show_refunded(self, payment: Payment) -> str:
        """What went back, or is about to."""
        return write_money(payment.refunded_amount, payment.money_currency)


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
    list_filter = (RefundFilter, "status", "created_at")
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
    notices = (
        NoticeSource("payments.view_refund", explain_refund),
        NoticeSource("orders.view_outboxmessage", explain_unsent),
    )
    waiting_lists = (
        WaitingList(
            gettext_lazy("refunds that came back, or that you send from the bank"),
            "waiting=staff",
            choose_waiting_refunds,
        ),
    )

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
        return write_money(refund.amount, refund.payment.money_currency)


@admin.register(GatewayEvent)
class GatewayEventAdmin(RecordAdmin):
    """The inbox: what gateways told us, what came of it, and what waits."""

    list_display = (
        *("received_at", "gateway", "kind", "reference", "show_amount", "show_outcome", "attempts"),
        "latest_error",
    )
    list_filter = (WaitingFilter, "outcome", "gateway", "received_at")
    search_fields = ("=event_id", "=reference")
    search_help_text = gettext_lazy(
        "The gateway's name of an event or of a payment, or the number of an order."
    )
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
    notices = (NoticeSource("payments.view_gatewayevent", explain_event),)
    waiting_lists = (
        WaitingList(
            gettext_lazy("gateway events and statement lines that could not be applied"),
            "waiting=staff",
            choose_for_staff,
        ),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find by the number of an order if there is one, else by what gateways call things."""
        if (order_id := _find_order(search_term)) is not None:
            return queryset.filter(payment__order_id=order_id), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=gettext_lazy("amount"))
    def show_amount(self, event: GatewayEvent) -> str:
        """The amount the event names; what is no currency is shown as it came."""
        if event.amount is None:
            return ""
        return write_money(event.amount, event.currency)

    @admin.display(description=gettext_lazy("outcome"))
    def show_outcome(self, event: GatewayEvent) -> str:
        """How it ended, or that it waits."""
        return str(EventOutcome(event.outcome).label)

    @admin.display(description=gettext_lazy("body"))
    def show_body(self, event: GatewayEvent) -> str:
        """What came, as it came, but for what nobody needs to read."""
        return format_html("<pre>{}</pre>", hide_secrets(event.body))
