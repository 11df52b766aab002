"""Staff pages for orders."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.backoffice import NoticeSource, PanelSource, RecordAdmin, StaffAction, WaitingList
from inventory.backoffice import explain as explain_stock
from inventory.errors import StockBusy
from inventory.selectors import list_latest_reservations
from orders import allowance_admin as _allowance_admin  # noqa: F401 - registers its pages
from orders import services
from orders import step_admin as _step_admin  # noqa: F401 - registers its pages
from orders.admin_notices import explain_messages, explain_parked, explain_steps
from orders.admin_panels import show_lines, show_messages, show_movements, show_steps
from orders.errors import InvalidTransition, OrderGoesBack, OrderNotFound
from orders.models import Order
from orders.money import format_money
from orders.outbox_admin import ParkedFilter, choose_parked
from orders.points.admin import POINTS_OF_ORDER
from orders.states import CancelReason, OrderStatus

# Of a SKU that everybody buys, a search shows the latest orders.
_MOST_FOUND_BY_SKU: Final = 500
_ADDRESS_ORDER: Final = ("name", "line1", "line2", "postal_code", "city", "region", "country")


class ParkedOrderFilter(ParkedFilter):
    """Parked orders that still wait: one paid or cancelled meanwhile needs nobody."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """See SimpleListFilter."""
        return _choose_parked(queryset) if self.value() == "yes" else queryset


def _choose_parked(orders: QuerySet[Any]) -> QuerySet[Any]:
    return choose_parked(orders).filter(status=OrderStatus.PENDING)


def _choose_unshipped(orders: QuerySet[Any]) -> QuerySet[Any]:
    return orders.filter(status=OrderStatus.PAID)


def explain(error: Exception) -> str:
    """Return what went wrong with an order, for staff."""
    match error:
        case OrderGoesBack():
            return _("a step after payment failed, and what was done for the order is being taken back.")
        case InvalidTransition(status=status):
            label = OrderStatus(status).label
            return _("the order is “%(status)s” by now, so this cannot be done.") % {"status": label}
        case OrderNotFound():
            return _("the order is gone.")
    return explain_stock(error)


def _explain_status(order: Order) -> str:
    return explain(InvalidTransition(order.number, order.status))


def _cancel(order: Order, actor: str, now: dt.datetime) -> bool:
    services.cancel_order(number=order.number, reason=CancelReason.STAFF, actor=actor, now=now)
    return True


def _ship(order: Order, actor: str, now: dt.datetime) -> bool:
    services.fulfil_order(number=order.number, actor=actor, now=now)
    return True


def _unpark(order: Order, actor: str, now: dt.datetime) -> bool:
    return services.unpark_orders(order_ids=[order.pk]) == 1


_ERRORS: Final = (InvalidTransition, OrderNotFound, StockBusy)

CANCEL: Final = StaffAction(
    name="cancel",
    label=gettext_lazy("Cancel"),
    question=gettext_lazy(
        "Cancel this? The units go back on sale at once, and nobody can pay for it any more."
    ),
    permission="orders.change_order",
    is_possible=lambda order: order.status == OrderStatus.PENDING,
    run=_cancel,
    errors=_ERRORS,
    explain=explain,
    why_not=_explain_status,
)
SHIP: Final = StaffAction(
    name="ship",
    label=gettext_lazy("Mark as shipped"),
    question=gettext_lazy("Has this left the house? The units are booked out of stock."),
    permission="orders.change_order",
    is_possible=lambda order: order.status == OrderStatus.PAID,
    run=_ship,
    errors=_ERRORS,
    explain=explain,
    why_not=_explain_status,
)
UNPARK: Final = StaffAction(
    name="unpark",
    label=gettext_lazy("Let the sweep try again"),
    question=gettext_lazy("Let the next sweep try again to cancel this overdue order?"),
    permission="orders.change_order",
    is_possible=lambda order: order.parked_at is not None,
    run=_unpark,
)


@admin.register(Order)
class OrderAdmin(RecordAdmin):
    """Orders: everything known about them, and the moves staff may make."""

    list_display = ("number", "status", "show_total", "email", "placed_at", "show_due", "show_parked")
    list_filter = ("status", "placed_at", ParkedOrderFilter)
    search_fields = ("number",)
    search_help_text = gettext_lazy(
        "A number or its beginning, an e-mail address or its beginning, or a SKU."
    )
    sortable_by = ()
    fieldsets = (
        (None, {"fields": (("number", "status"), ("show_total", "show_refunded"), "email", "customer")}),
        (gettext_lazy("Shipping address"), {"fields": ("show_address",)}),
        (
            gettext_lazy("When"),
            {
                "fields": (
                    ("placed_at", "payment_due_at"),
                    ("paid_at", "fulfilled_at"),
                    ("cancelled_at", "cancel_reason"),
                    "refunded_at",
                )
            },
        ),
        (gettext_lazy("Behind the scenes"), {"fields": ("stock_reference", ("parked_at", "parked_because"))}),
    )
    readonly_fields = ("show_total", "show_refunded", "show_address")
    staff_actions = (CANCEL, SHIP, UNPARK)
    notices = (
        NoticeSource("orders.view_order", explain_parked),
        NoticeSource("orders.view_orderstep", explain_steps),
        NoticeSource("orders.view_outboxmessage", explain_messages),
    )
    waiting_lists = (
        WaitingList(gettext_lazy("paid orders to be shipped"), "status__exact=paid", _choose_unshipped),
        WaitingList(
            gettext_lazy("overdue orders that the sweep could not cancel"), "parked=yes", _choose_parked
        ),
    )
    panels = (
        PanelSource("orders.view_order", show_lines),
        PanelSource("orders.view_orderstep", show_steps),
        PanelSource("inventory.view_stockmovement", show_movements),
        POINTS_OF_ORDER,
        PanelSource("orders.view_outboxmessage", show_messages),
    )

    @admin.display(description=gettext_lazy("total"))
    def show_total(self, order: Order) -> str:
        """The amount as people read it."""
        return format_money(order.total_amount, order.currency)

    @admin.display(description=gettext_lazy("refunded"))
    def show_refunded(self, order: Order) -> str:
        """What went back of it, or is about to."""
        return format_money(order.refunded_amount, order.currency)

    @admin.display(description=gettext_lazy("due"))
    def show_due(self, order: Order) -> dt.datetime | None:
        """The deadline, while there is one."""
        return order.payment_due_at if order.status == OrderStatus.PENDING else None

    @admin.display(description=gettext_lazy("parked"))
    def show_parked(self, order: Order) -> str:
        """A warning, or nothing."""
        return _("parked") if order.parked_at else ""

    @admin.display(description=gettext_lazy("address"))
    def show_address(self, order: Order) -> str:
        """The address, a line for each part."""
        address = order.shipping_address
        return "\n".join(str(part) for part in _list_parts(address) if part)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find by what was typed: an address, a SKU that is in orders, or the beginning of a number."""
        if not (term := search_term.strip()[:100]):
            return queryset, False
        if "@" in term:
            return queryset.filter(email__istartswith=term), False
        references = list_latest_reservations(sku=term, limit=_MOST_FOUND_BY_SKU)
        numbers = {reference.removeprefix("order:").partition("/")[0] for reference in references}
        return queryset.filter(Q(number__istartswith=term.upper()) | Q(number__in=numbers)), False


def _list_parts(address: object) -> Iterable[object]:
    if not isinstance(address, dict):
        return address if isinstance(address, list) else [address]
    # The database returns the parts in an order of its own.
    known = [address.get(name) for name in _ADDRESS_ORDER]
    return [*known, *(part for name, part in address.items() if name not in _ADDRESS_ORDER)]
