"""Filters of staff lists by what waits for somebody."""

from typing import Any

from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.gateways.registry import list_gateways_by_hand
from payments.inbox import LEFT_TO_STAFF
from payments.models import EventOutcome, PaymentStatus, RefundStatus


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
            return choose_for_staff(queryset)
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
            return choose_open(queryset)
        return queryset


class _ForStaffFilter(admin.SimpleListFilter):
    """Records by whether somebody has to do something; `choose` says which."""

    title = gettext_lazy("waiting")
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """See SimpleListFilter."""
        return [("staff", _("For staff"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """See SimpleListFilter."""
        return self.choose(queryset) if self.value() == "staff" else queryset

    def choose(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow the list."""
        raise NotImplementedError


class PaymentFilter(_ForStaffFilter):
    """Payments in the wrong amount, until it has gone back."""

    def choose(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """See _ForStaffFilter."""
        return choose_review(queryset)


class RefundFilter(_ForStaffFilter):
    """Refunds that came back, and those that staff send."""

    def choose(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """See _ForStaffFilter."""
        return choose_waiting_refunds(queryset)


def choose_for_staff(events: QuerySet[Any]) -> QuerySet[Any]:
    """Narrow a list of events to those that staff have to look at."""
    return events.filter(outcome__in=LEFT_TO_STAFF)


def choose_open(findings: QuerySet[Any]) -> QuerySet[Any]:
    """Narrow a list of findings to those that staff have to look at."""
    return findings.filter(resolved_at__isnull=True, dismissed_at__isnull=True)


def choose_review(payments: QuerySet[Any]) -> QuerySet[Any]:
    """Narrow a list of payments to those in the wrong amount that has not gone back."""
    return payments.filter(status=PaymentStatus.REVIEW, received_amount__gt=F("refunded_amount"))


def choose_waiting_refunds(refunds: QuerySet[Any]) -> QuerySet[Any]:
    """Narrow a list of refunds to those that came back, and those that staff send themselves."""
    by_hand = Q(status=RefundStatus.REQUESTED, payment__gateway__in=list_gateways_by_hand())
    return refunds.filter(Q(status=RefundStatus.FAILED) | by_hand)
