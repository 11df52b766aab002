"""Filters of staff lists by what waits for somebody."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.inbox import LEFT_TO_STAFF
from payments.models import EventOutcome


class WaitingFilter(admin.SimpleListFilter):
    """Events by whether somebody has to look at them."""

    title = gettext_lazy("waiting")
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """See SimpleListFilter."""
        return [("staff", _("For staff")), ("retry", _("For the next attempt"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """See SimpleListFilter."""
        if self.value() == "staff":
            return queryset.filter(outcome__in=LEFT_TO_STAFF)
        return queryset.filter(outcome=EventOutcome.WAITING) if self.value() == "retry" else queryset


class OpenFilter(admin.SimpleListFilter):
    """Findings by whether somebody has to look at them."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """See SimpleListFilter."""
        return [("open", _("Open"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """See SimpleListFilter."""
        if self.value() == "open":
            return queryset.filter(resolved_at__isnull=True, dismissed_at__isnull=True)
        return queryset
