"""Staff pages for the outbox and the health of scheduled jobs."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.backoffice import Notice, NoticeSource, RecordAdmin, StaffAction, WaitingList
from orders import services
from orders.models import JobHealth, OutboxMessage


class ParkedFilter(admin.SimpleListFilter):
    """What was given up on and waits for staff."""

    title = gettext_lazy("waiting for staff")
    parameter_name = "parked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """See SimpleListFilter."""
        return [("yes", _("Parked"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """See SimpleListFilter."""
        return choose_parked(queryset) if self.value() == "yes" else queryset


def choose_parked(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """Narrow a list to what was given up on."""
    return queryset.filter(parked_at__isnull=False)


def _requeue(message: OutboxMessage, actor: str, now: dt.datetime) -> bool:
    return services.requeue(message_ids=[message.pk], now=now) == 1


REQUEUE: Final = StaffAction(
    name="requeue",
    label=gettext_lazy("Deliver again"),
    question=gettext_lazy(
        "Give this message another round of attempts? Its receiver recognises one that came before."
    ),
    permission="orders.change_outboxmessage",
    is_possible=lambda message: message.parked_at is not None,
    run=_requeue,
)


def _explain_parked(message: OutboxMessage) -> Iterable[Notice]:
    if message.parked_at:
        yield Notice(
            _("Delivery was given up. Once its cause is gone (latest error), press “Deliver again” above.")
        )


@admin.register(OutboxMessage)
class OutboxMessageAdmin(RecordAdmin):
    """What must happen outside the database, and what could not be made to happen."""

    list_display = (
        "key",
        "topic",
        "show_state",
        "attempts",
        "created_at",
        "delivered_at",
        "latest_error",
    )
    list_filter = (ParkedFilter, "is_waiting", "topic")
    search_fields = ("^key",)
    sortable_by = ()
    fields = (
        ("topic", "subscriber"),
        "key",
        "payload",
        ("show_state", "attempts", "deliver_after"),
        ("created_at", "delivered_at", "parked_at"),
        "latest_error",
    )
    readonly_fields = ("show_state",)
    staff_actions = (REQUEUE,)
    notices = (NoticeSource("orders.view_outboxmessage", _explain_parked),)
    waiting_lists = (
        WaitingList(
            gettext_lazy("messages that could not be delivered, mail among them"), "parked=yes", choose_parked
        ),
    )

    @admin.display(description=gettext_lazy("state"))
    def show_state(self, message: OutboxMessage) -> str:
        """Whether it is still on its way."""
        if message.parked_at:
            return _("parked")
        return _("delivered") if message.delivered_at else _("waiting")


@admin.register(JobHealth)
class JobHealthAdmin(RecordAdmin):
    """When each scheduled job last did its work."""

    list_display = ("name", "succeeded_at", "detail")
    ordering = ("name",)
    sortable_by = ()
