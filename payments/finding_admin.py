"""The staff page of what reconciliation finds."""

from django.contrib import admin
from django.utils.translation import gettext_lazy

from inventory.backoffice import NoticeSource, RecordAdmin, WaitingList
from orders.money import format_money
from payments.admin_filters import OpenFilter, choose_open
from payments.admin_notices import explain_finding
from payments.models import ReconciliationFinding
from payments.staff_actions import BOOK_REFUNDS, DISMISS


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
    notices = (NoticeSource("payments.view_reconciliationfinding", explain_finding),)
    waiting_lists = (
        WaitingList(gettext_lazy("disagreements with a gateway's list"), "state=open", choose_open),
    )

    @admin.display(description=gettext_lazy("ours"))
    def show_expected(self, finding: ReconciliationFinding) -> str:
        """What we have on record."""
        return format_money(finding.expected, finding.currency)

    @admin.display(description=gettext_lazy("the gateway's"))
    def show_actual(self, finding: ReconciliationFinding) -> str:
        """What the gateway has on record."""
        return format_money(finding.actual, finding.currency)
