"""Staff pages for what customers wait for."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from inventory.backoffice import RecordAdmin
from inventory.selectors import express_available
from shop.restock.models import RestockRequest


class RestockRequestAdmin(RecordAdmin):
    """Who wants to be told that something is back: what to order next."""

    list_display = ("show_product", "variant", "show_sku", "show_available", "email", "asked_at", "told_at")
    list_filter = (("told_at", admin.EmptyFieldListFilter), "asked_at", "language")
    list_select_related = ("variant__product", "variant__stock_item")
    search_fields = ("^email", "^variant__stock_item__sku", "variant__product__name")
    search_help_text = gettext_lazy("The beginning of an email or a SKU, or words of a product's name.")
    ordering = ("-asked_at", "-id")
    sortable_by = ("asked_at",)
    fields = (("show_product", "variant", "show_sku"), ("email", "language"), ("asked_at", "told_at"))
    readonly_fields = ("show_product", "show_sku")

    def get_queryset(self, request: HttpRequest) -> QuerySet[RestockRequest]:
        """Read what is there by now with each request."""
        requests: QuerySet[RestockRequest] = super().get_queryset(request)
        return requests.annotate(units_available=express_available(through="variant__stock_item"))

    @admin.display(description=gettext_lazy("product"))
    def show_product(self, wish: RestockRequest) -> str:
        """The product, and the way to its page."""
        address = reverse("admin:shop_product_change", args=[wish.variant.product_id])
        return format_html('<a href="{}">{}</a>', address, wish.variant.product)

    @admin.display(description=gettext_lazy("SKU"))
    def show_sku(self, wish: RestockRequest) -> str:
        """The variant's SKU."""
        sku: str = wish.variant.stock_item.sku
        return sku

    @admin.display(description=gettext_lazy("available"))
    def show_available(self, wish: RestockRequest) -> int:
        """How many could be promised at this moment."""
        available: int = wish.units_available  # type: ignore[attr-defined]  # read with the requests
        return available


def register(site: admin.AdminSite) -> None:
    """Put the pages on a site."""
    site.register(RestockRequest, RestockRequestAdmin)
