"""Staff pages for purchase allowances, to look at: who may have how much of something, and has how much."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from inventory.backoffice import RecordAdmin
from orders.models import AllowanceUse, PurchaseAllowance


@admin.register(PurchaseAllowance)
class PurchaseAllowanceAdmin(RecordAdmin):
    """Allowances. What is used follows from orders alone: cancelling one gives its units back."""

    list_display = ("key", "used", "unit_limit")
    search_fields = ("^key",)
    search_help_text = gettext_lazy(
        "The beginning of a key: “sale:7:” or “coupon:7” with the number of the flash sale or the coupon."
    )
    sortable_by = ()
    ordering = ("key",)
    fields = ("key", ("used", "unit_limit"))


@admin.register(AllowanceUse)
class AllowanceUseAdmin(RecordAdmin):
    """What single orders took of allowances."""

    list_display = ("show_order", "key", "quantity")
    list_select_related = ("order",)
    list_display_links = None
    search_fields = ("=order__number",)
    search_help_text = gettext_lazy("An order's number.")
    sortable_by = ()
    fields = ("order", "key", "quantity")

    @admin.display(description=gettext_lazy("order"))
    def show_order(self, use: AllowanceUse) -> str:
        """The order, and the way to it."""
        address = reverse("admin:orders_order_change", args=[use.order_id])
        return format_html('<a href="{}">{}</a>', address, use.order.number)
