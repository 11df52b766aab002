"""Staff pages for stock: what is there, what moved, and the page on which stock is changed."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory import services
from inventory.admin_actions import switch_strategy
from inventory.admin_filters import LowStockFilter, StrategyFilter
from inventory.backoffice import Link, RecordAdmin, StaffAdmin, get_actor
from inventory.errors import DuplicateMovement, InventoryError, StockBusy, StockItemInUse
from inventory.forms import ChangeStockForm, StockChange, StockItemForm, start_stock_change
from inventory.models import StockItem, StockMovement
from inventory.selectors import express_available, list_strategies
from inventory.types import StockLevel
from inventory.wording import explain

_MOST_SKUS = 50


@admin.register(StockItem)
class StockItemAdmin(StaffAdmin):
    """Stock items: counters to look at, settings to change, and the way to the page that changes stock."""

    form = StockItemForm
    # Switching strategies can be refused by the database server.
    save_errors = (InventoryError,)
    list_display = ("sku", "on_hand", "show_available", "show_reserved", "show_is_low", "show_strategy")
    list_filter = (LowStockFilter, StrategyFilter)
    search_fields = ("^sku",)
    ordering = ("sku",)
    sortable_by = ("sku",)
    fields = (
        "sku",
        ("on_hand", "show_available", "show_reserved"),
        "low_stock_threshold",
        "locking_strategy",
        "version",
    )
    readonly_fields = ("sku", "on_hand", "show_available", "show_reserved", "version")

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockItem]:
        """Read what can be promised with the items, also of those whose units are in slices."""
        items: QuerySet[StockItem] = super().get_queryset(request)
        return items.annotate(units_available=express_available())

    @admin.display(description=gettext_lazy("available"))
    def show_available(self, item: StockItem) -> int:
        """Units that can still be promised."""
        return _count_available(item)

    @admin.display(description=gettext_lazy("reserved"))
    def show_reserved(self, item: StockItem) -> int:
        """Units that are here but promised to orders."""
        return item.on_hand - _count_available(item)

    @admin.display(description=gettext_lazy("stock"))
    def show_is_low(self, item: StockItem) -> str:
        """A warning, or nothing."""
        return _("low") if _count_available(item) <= item.low_stock_threshold else ""

    @admin.display(description=gettext_lazy("locking strategy"))
    def show_strategy(self, item: StockItem) -> str:
        """The strategy as people call it."""
        return dict(list_strategies()).get(item.locking_strategy, item.locking_strategy)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody here: a stock item is made with the variant that is sold from it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: StockItem | None = None) -> bool:
        """Only for an item that nothing was ever booked for, and one at a time."""
        if obj is None or not super().has_delete_permission(request, obj):
            return False
        return not obj.movements.exists()

    def get_links(self, request: HttpRequest, record: StockItem) -> list[Link]:
        """To the page that changes stock, and to the ledger."""
        ledger = reverse("admin:inventory_stockmovement_changelist")
        links = [Link(f"{ledger}?stock_item__id__exact={record.pk}", _("Movements"))]
        if self.has_change_permission(request, record):
            links.insert(0, Link(self.url_of(record, "stock"), _("Change stock")))
        return links

    def get_urls(self) -> list[URLPattern]:
        """Add the page that changes stock."""
        view = self.admin_site.admin_view(self.change_stock)
        return [path("<path:object_id>/stock/", view, name=self.url_name("stock")), *super().get_urls()]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Add one action for each strategy."""
        actions = super().get_actions(request)
        if self.has_change_permission(request):
            for name, label in list_strategies():
                title = _("Switch to: %(strategy)s") % {"strategy": label}
                actions[f"strategy_{name}"] = (switch_strategy(name), f"strategy_{name}", title)
        return actions

    def save_model(self, request: HttpRequest, obj: StockItem, form: Any, change: Any) -> None:
        """Write the settings and nothing else: the counters in this form are as old as the page."""
        services.configure_stock_item(
            stock_item_id=obj.pk,
            locking_strategy=obj.locking_strategy,
            low_stock_threshold=obj.low_stock_threshold,
        )

    def delete_model(self, request: HttpRequest, obj: StockItem) -> None:
        """Delete it if it is unused still."""
        services.delete_unused_stock_item(stock_item_id=obj.pk)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Say why an item cannot be deleted after all."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except (StockItemInUse, StockBusy) as error:
            self.message_user(request, explain(error), messages.ERROR)
            return redirect(reverse(f"admin:{self.url_name('changelist')}"))

    def change_stock(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Book a receipt, an adjustment or a count."""
        item = self.get_object(request, unquote(object_id))
        if item is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined,no-any-return]
        if not self.has_change_permission(request, item):
            raise PermissionDenied
        if request.method != "POST":
            return self._show_stock_change(request, item, start_stock_change(on_hand=item.on_hand))
        form = ChangeStockForm(request.POST)
        if form.is_valid() and self._book(request, item, form):
            return redirect(self.url_of(item))
        return self._show_stock_change(request, item, form)

    def _book(self, request: HttpRequest, item: StockItem, form: ChangeStockForm) -> bool:
        """Book the change and report it; say whether this form is done with."""
        change = form.cleaned_data
        try:
            level = _change_stock(item.sku, change, actor=get_actor(request))
        except DuplicateMovement as error:
            self.message_user(request, explain(error), messages.WARNING)
            return True
        except InventoryError as error:
            form.add_error(None, explain(error))
            return False
        self.log_change(request, item, f"{change['kind']}: {change['quantity']}")
        text = _("%(sku)s: %(on_hand)d on hand now, %(available)d available.")
        text %= {"sku": level.sku, "on_hand": level.on_hand, "available": level.available}
        self.message_user(request, text, messages.SUCCESS)
        return True

    def _show_stock_change(
        self, request: HttpRequest, item: StockItem, form: ChangeStockForm
    ) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Change stock"),
            "subtitle": item.sku,
            "opts": self.opts,
            "item": item,
            "figures": [
                (_("On hand"), item.on_hand),
                (_("Reserved"), item.on_hand - _count_available(item)),
                (_("Available"), _count_available(item)),
            ],
            "form": form,
        }
        return TemplateResponse(request, "admin/staff/book.html", context)


@admin.register(StockMovement)
class StockMovementAdmin(RecordAdmin):
    """The ledger, to be read."""

    list_display = (
        "created_at",
        "show_item",
        "kind",
        "show_available",
        "show_on_hand",
        "reference",
        "actor",
        "reason",
    )
    list_filter = ("kind", "created_at")
    list_select_related = ("stock_item",)
    list_display_links = ("created_at",)
    search_fields = ("reference",)
    search_help_text = gettext_lazy("The beginning of a reference, or a SKU.")
    sortable_by = ()

    @admin.display(description=gettext_lazy("stock item"))
    def show_item(self, movement: StockMovement) -> str:
        """The SKU, linked to its stock item."""
        url = reverse("admin:inventory_stockitem_change", args=[movement.stock_item_id])
        return format_html('<a href="{}">{}</a>', url, movement.stock_item.sku)

    @admin.display(description=gettext_lazy("available"))
    def show_available(self, movement: StockMovement) -> str:
        """The change with its sign."""
        return f"{movement.available_delta:+}" if movement.available_delta else "0"

    @admin.display(description=gettext_lazy("on hand"))
    def show_on_hand(self, movement: StockMovement) -> str:
        """The change with its sign."""
        return f"{movement.on_hand_delta:+}" if movement.on_hand_delta else "0"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find by SKU or by the beginning of a reference, each by its index."""
        if not (term := search_term.strip()[:100]):
            return queryset, False
        items = list(StockItem.objects.filter(sku=term).values_list("id", flat=True)[:_MOST_SKUS])
        return queryset.filter(Q(stock_item_id__in=items) | Q(reference__istartswith=term)), False


def _count_available(item: StockItem) -> int:
    available: int = item.units_available  # type: ignore[attr-defined]  # read by get_queryset
    return available


def _change_stock(sku: str, change: dict[str, Any], *, actor: str) -> StockLevel:
    quantity = change["quantity"]
    common: dict[str, Any] = {
        "sku": sku,
        "reference": f"staff:{change['reference']}",
        "actor": actor,
        "reason": change["reason"],
        "now": timezone.now(),
    }
    if change["kind"] == StockChange.RECEIVE:
        return services.receive(quantity=quantity, **common)
    if change["kind"] == StockChange.ADJUST:
        return services.adjust(delta=quantity, **common)
    return services.set_on_hand(on_hand=quantity, expected_on_hand=change["shown_on_hand"], **common)
