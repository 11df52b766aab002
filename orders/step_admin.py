"""Staff pages for the steps after payment."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.backoffice import Link, NoticeSource, RecordAdmin, WaitingList
from orders.admin_notices import explain_step
from orders.states import StepState
from orders.step_actions import SETTLE, TRY_AGAIN
from orders.steps.models import OrderStep
from orders.steps.registry import label_step


class WaitingStepFilter(admin.SimpleListFilter):
    """Steps that come no further without staff."""

    title = gettext_lazy("waiting for staff")
    parameter_name = "left"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """See SimpleListFilter."""
        return [("yes", _("Failed or could not be undone"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """See SimpleListFilter."""
        return _choose_left(queryset) if self.value() == "yes" else queryset


def _choose_left(queryset: QuerySet[Any]) -> QuerySet[Any]:
    return queryset.filter(state__in=(StepState.FAILED, StepState.STUCK))


@admin.register(OrderStep)
class OrderStepAdmin(RecordAdmin):
    """What follows the payment of orders, and what became of it."""

    list_display = ("order", "show_name", "state", "attempts", "began_at", "done_at", "latest_error")
    list_filter = (WaitingStepFilter, "state", "name")
    list_select_related = ("order",)
    search_fields = ("=order__number",)
    sortable_by = ()
    fields = (
        ("order", "show_name"),
        ("state", "is_critical", "attempts"),
        ("began_at", "done_at"),
        ("failed_at", "failed_because"),
        ("undone_at", "settled_by"),
        "latest_error",
        "result",
    )
    readonly_fields = ("show_name",)
    staff_actions = (TRY_AGAIN, SETTLE)
    notices = (NoticeSource("orders.view_orderstep", explain_step),)
    waiting_lists = (
        WaitingList(
            gettext_lazy("steps after payment that failed or could not be undone"), "left=yes", _choose_left
        ),
    )

    @admin.display(description=gettext_lazy("step"))
    def show_name(self, step: OrderStep) -> str:
        """The step as people call it."""
        return label_step(step.name)

    def get_links(self, request: HttpRequest, record: OrderStep) -> list[Link]:
        """Return the way back to the order."""
        return [Link(reverse("admin:orders_order_change", args=[record.order_id]), record.order.number)]
