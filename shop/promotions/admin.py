"""Staff pages for coupons and promotions, with how often each was used and the orders that used it."""

from typing import Any, ClassVar, Final

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.backoffice import Panel, PanelSource, StaffAdmin
from orders.money import format_money
from orders.selectors import AdjustmentCount, count_adjusted, list_adjusted
from orders.states import AdjustmentKind, OrderStatus
from shop.promotions.forms import CouponForm, OfferForm
from shop.promotions.models import Coupon, Promotion
from shop.promotions.rules import forget_promotions

_MOST_ORDERS: Final = 100


def _show_orders(kind: AdjustmentKind, label: str) -> Panel:
    count = count_adjusted(kind=kind, labels=[label]).get(label, AdjustmentCount())
    title = _("Used by %(live)d orders; %(given_back)d were cancelled or refunded") % {
        "live": count.live,
        "given_back": count.given_back,
    }
    rows = [
        [
            format_html(
                '<a href="{}">{}</a>', reverse("admin:orders_order_change", args=[id_]), order.number
            ),
            OrderStatus(order.status).label,
            format_money(order.amount, order.currency),
        ]
        for id_, order in list_adjusted(kind=kind, label=label, limit=_MOST_ORDERS)
    ]
    return Panel(title=title, columns=[_("Order"), _("Status"), _("Taken off")], rows=rows)


def show_coupon_orders(coupon: Coupon) -> Panel:
    """Return the latest orders with a coupon."""
    return _show_orders(AdjustmentKind.COUPON, coupon.code)


def show_promotion_orders(promotion: Promotion) -> Panel:
    """Return the latest orders with a promotion."""
    return _show_orders(AdjustmentKind.PROMOTION, promotion.name)


class OfferAdmin(StaffAdmin):
    """What coupons and promotions have in common. They are switched off, not deleted: orders name them."""

    adjustment_kind: ClassVar[AdjustmentKind]
    label_field: ClassVar[str]
    list_filter = ("kind", "is_active")
    autocomplete_fields = ("category", "product")
    radio_fields: ClassVar = {"kind": admin.HORIZONTAL}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Count the uses of what is on the page in one query."""
        response = super().changelist_view(request, extra_context)
        changes = getattr(response, "context_data", {}).get("cl")
        rows = list(changes.result_list) if changes else []
        counts = count_adjusted(
            kind=self.adjustment_kind, labels=[getattr(row, self.label_field) for row in rows]
        )
        for row in rows:
            row.adjustment_count = counts.get(getattr(row, self.label_field), AdjustmentCount())
        if changes:
            changes.result_list = rows
        return response

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        """Save, and read the rules anew."""
        super().save_related(request, form, formsets, change)
        forget_promotions()

    @admin.display(description=gettext_lazy("used by orders"))
    def show_uses(self, record: Any) -> str:
        """How many live orders used it; with a limit, of how many."""
        limit = getattr(record, "usage_limit", None)
        used = str(record.adjustment_count.live)
        return used if limit is None else _("%(used)s of %(limit)s") % {"used": used, "limit": limit}

    @admin.display(description=gettext_lazy("taken off"))
    def show_amount(self, record: Any) -> str:
        """What these orders got cheaper by in all."""
        return format_money(record.adjustment_count.amount, settings.SHOP_CURRENCY)


class CouponAdmin(OfferAdmin):
    """Coupons."""

    form = CouponForm
    adjustment_kind = AdjustmentKind.COUPON
    label_field = "code"
    list_display = ("code", "kind", "show_uses", "show_amount", "starts_at", "ends_at", "is_active")
    search_fields = ("^code",)
    fields = (
        *(("code", "is_active"), "kind", ("percent", "amount"), "minimum_amount"),
        *(("category", "product"), ("usage_limit", "limit_per_customer"), ("starts_at", "ends_at")),
    )
    panels = (PanelSource("orders.view_order", show_coupon_orders),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A code stays: orders name it, and it may be in print."""
        return ("code",) if obj else ()


class PromotionAdmin(OfferAdmin):
    """Promotions."""

    form = OfferForm
    adjustment_kind = AdjustmentKind.PROMOTION
    label_field = "name"
    list_display = (
        "name",
        "kind",
        "show_uses",
        "show_amount",
        "starts_at",
        "ends_at",
        "position",
        "is_active",
    )
    search_fields = ("name",)
    ordering = ("position", "id")
    fields = (
        *(("name", "is_active"), "kind", ("percent", "amount"), ("minimum_quantity", "free_quantity")),
        *("minimum_amount", ("category", "product"), ("starts_at", "ends_at"), "position"),
    )
    panels = (PanelSource("orders.view_order", show_promotion_orders),)


def register(site: admin.AdminSite) -> None:
    """Give staff these pages."""
    site.register(Coupon, CouponAdmin)
    site.register(Promotion, PromotionAdmin)
