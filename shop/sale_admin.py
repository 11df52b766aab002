"""Staff pages for flash sales: planned in a form, changed and ended through the services alone."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.backoffice import Link, Panel, PanelSource, StaffAction, StaffAdmin, get_actor
from inventory.backoffice import explain as explain_stock
from inventory.errors import InventoryError, OutOfStock
from inventory.selectors import express_available, get_levels_by_id, list_adjustments
from orders.money import format_money
from orders.selectors import count_unpaid_units
from shop.errors import SaleOver, SaleOverlaps, SaleStarted, ShopError
from shop.models import FlashSale
from shop.sale_forms import ChangedSaleForm, NewSaleForm
from shop.services.flash_sales import (
    cancel_flash_sale,
    change_flash_sale,
    end_flash_sale,
    schedule_flash_sale,
)

_PLANNED = (
    "name",
    ("starts_at", "ends_at"),
    ("price_amount", "units"),
    "limit_per_customer",
    "payment_minutes",
)


def explain(error: Exception) -> str:
    """Return what went wrong with a flash sale, for staff."""
    match error:
        case OutOfStock():
            left = error.shortfalls[0]
            return _(
                "%(sku)s has %(available)d units that are not promised to orders; nothing was changed."
            ) % {
                "sku": left.sku,
                "available": left.available,
            }
        case SaleOverlaps():
            return _("The variant is in “%(name)s” at that time; nothing was changed.") % {"name": error.name}
        case SaleOver():
            return _("The sale is over and stays as it was.")
        case SaleStarted():
            return _("The sale has begun: it can be ended, and its start stays what it was.")
    return explain_stock(error)


def show_units(sale: FlashSale) -> Panel:
    """Return where the units of a sale are."""
    item = get_levels_by_id(ids=[sale.offer.stock_item_id])[sale.offer.stock_item_id]
    moved = list_adjustments(reference_prefix=f"sale:{sale.pk}/")
    returned = -sum(units for ref, id_, units in moved if id_ == item.id and "/return/" in ref)
    unpaid = count_unpaid_units(sku=item.sku)
    sold = max(0, sale.units - returned - item.available - unpaid)
    return Panel(
        title=_("Units"),
        columns=[_("Set aside"), _("Sold"), _("Ordered, not paid"), _("Left"), _("Returned to the variant")],
        rows=[[sale.units, sold, unpaid, item.available, returned]],
    )


def _end(sale: FlashSale, actor: str, now: dt.datetime) -> bool:
    end_flash_sale(sale_id=sale.pk, actor=actor, now=now)
    return True


def _cancel(sale: FlashSale, actor: str, now: dt.datetime) -> bool:
    cancel_flash_sale(sale_id=sale.pk, actor=actor, now=now)
    return True


def _is_open(sale: FlashSale) -> bool:
    return sale.is_open(timezone.now())


def _is_upcoming(sale: FlashSale) -> bool:
    return sale.ended_at is None and sale.starts_at > timezone.now()


class FlashSaleAdmin(StaffAdmin):
    """The flash sales, planned, running and past."""

    list_display = (
        *("name", "show_product", "show_state", "starts_at", "ends_at", "show_price", "units", "show_left"),
        "limit_per_customer",
    )
    list_filter = ("starts_at",)
    list_select_related = ("variant__product", "offer__stock_item")
    search_fields = ("name", "variant__product__name", "^offer__stock_item__sku")
    search_help_text = gettext_lazy("Words of the sale's or the product's name, or the beginning of a SKU.")
    sortable_by = ("name", "starts_at", "ends_at")
    ordering = ("-starts_at", "-id")
    save_errors = (InventoryError, ShopError)
    panels = (PanelSource("shop.view_flashsale", show_units),)
    staff_actions = (
        StaffAction(
            name="end",
            label=gettext_lazy("End the sale now"),
            question=gettext_lazy(
                "Nothing more is sold at its price, and what is left goes back to the variant."
            ),
            permission="shop.change_flashsale",
            is_possible=_is_open,
            run=_end,
            errors=(InventoryError, ShopError),
            explain=explain,
        ),
        StaffAction(
            name="cancel",
            label=gettext_lazy("Cancel the sale"),
            question=gettext_lazy("The sale does not take place, and its units go back to the variant."),
            permission="shop.change_flashsale",
            is_possible=_is_upcoming,
            run=_cancel,
            errors=(InventoryError, ShopError),
            explain=explain,
        ),
    )

    def explain(self, error: Exception) -> str:
        """See StaffAdmin."""
        return explain(error)

    def get_queryset(self, request: HttpRequest) -> QuerySet[FlashSale]:
        """Read what is left with each sale."""
        sales: QuerySet[FlashSale] = super().get_queryset(request)
        return sales.annotate(units_left=express_available(through="offer__stock_item"))

    def get_form(self, request: HttpRequest, obj: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Ask for a variant and a strategy only while there is no sale yet."""
        form = ChangedSaleForm if obj else NewSaleForm
        readonly = self.get_readonly_fields(request, obj)
        left_out = dict.fromkeys(name for name in readonly if name in form.declared_fields)
        return super().get_form(request, obj, *args, form=type(form.__name__, (form,), left_out), **kwargs)

    def get_fields(self, request: HttpRequest, obj: FlashSale | None = None) -> list[Any]:
        """Show of a sale that is over what it was."""
        if obj is None:
            return ["sku", *_PLANNED, "locking_strategy"]
        if not self.has_change_permission(request, obj):
            return [
                *("show_product", "show_offer", "show_state", "name", "starts_at", "ends_at"),
                "show_price",
                *("units", "limit_per_customer", "payment_window_seconds"),
            ]
        return ["show_product", "show_offer", "show_state", *_PLANNED]

    def get_readonly_fields(self, request: HttpRequest, obj: FlashSale | None = None) -> list[str]:
        """See get_fields."""
        if obj is None:
            return []
        fixed = ["show_product", "show_offer", "show_state", "show_price"]
        # Orders were placed since: the past is not moved.
        return fixed if obj.starts_at > timezone.now() else [*fixed, "starts_at"]

    def has_change_permission(self, request: HttpRequest, obj: FlashSale | None = None) -> bool:
        """Nobody may change a sale that is over."""
        is_over = obj is not None and (obj.ended_at is not None or obj.ends_at <= timezone.now())
        return not is_over and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: orders were placed in it, and its units are in the ledger."""
        return False

    def get_links(self, request: HttpRequest, record: FlashSale) -> list[Link]:
        """Lead to the ledger, where every unit's way is written."""
        ledger = reverse("admin:inventory_stockmovement_changelist", query={"q": f"sale:{record.pk}/"})
        return [Link(ledger, _("Stock movements"))]

    def view_on_site(self, obj: FlashSale) -> str | None:
        """Return where customers see it."""
        product = obj.variant.product
        return reverse("shop:product", args=[product.slug]) if product.is_published else None

    def save_model(self, request: HttpRequest, obj: FlashSale, form: Any, change: Any) -> None:
        """Schedule or change the sale."""
        common: dict[str, Any] = {"actor": get_actor(request), "now": timezone.now()}
        if change:
            change_flash_sale(sale_id=obj.pk, changes=form.list_changes(), **common)
        else:
            sale = schedule_flash_sale(
                variant_id=form.cleaned_data["sku"].pk,
                plan=form.plan,
                strategy=form.cleaned_data["locking_strategy"],
                **common,
            )
            obj.pk = sale.id

    @admin.display(description=gettext_lazy("product"))
    def show_product(self, sale: FlashSale) -> str:
        """The product, linked to its page, and which of its forms."""
        product = sale.variant.product
        url = reverse("admin:shop_product_change", args=[product.pk])
        return format_html('<a href="{}">{}</a> {}', url, product.name, sale.variant.label)

    @admin.display(description=gettext_lazy("offer"))
    def show_offer(self, sale: FlashSale) -> str:
        """The SKU customers order, linked to the units set aside."""
        item = sale.offer.stock_item
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:inventory_stockitem_change", args=[item.pk]), item.sku
        )

    @admin.display(description=gettext_lazy("state"))
    def show_state(self, sale: FlashSale) -> str:
        """Whether it is to come, open, or how it ended."""
        if sale.ended_at is not None:
            return _("cancelled") if sale.ended_at < sale.starts_at else _("over")
        if _is_open(sale):
            return _("open")
        return _("to come") if _is_upcoming(sale) else _("ending")

    @admin.display(description=gettext_lazy("price"))
    def show_price(self, sale: FlashSale) -> str:
        """The sale's price."""
        return format_money(sale.offer.price_amount, settings.SHOP_CURRENCY)

    @admin.display(description=gettext_lazy("left"))
    def show_left(self, sale: FlashSale) -> int:
        """Units that can be bought still."""
        return int(sale.units_left)  # type: ignore[attr-defined]  # annotated in get_queryset
