"""Staff pages for points: balances, the ledger, and the page on which staff give or take some."""

from typing import Any, Final

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.backoffice import Link, Panel, PanelSource, RecordAdmin, get_actor
from inventory.backoffice import explain as explain_stock
from inventory.errors import StockBusy
from orders.errors import PointsBooked, PointsMissing
from orders.models import Order
from orders.points.forms import AdjustPointsForm, start_adjustment
from orders.points.models import PointsBalance, PointsEntry
from orders.points.selectors import get_points
from orders.points.services import adjust_points

# Ids are numbers; a longer one is nobody's.
_LONGEST_ID: Final = 18


class OwedFilter(admin.SimpleListFilter):
    """Customers who spent points that were to be taken back."""

    title = gettext_lazy("owed")
    parameter_name = "owed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """See SimpleListFilter."""
        return [("yes", _("Owes points"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """See SimpleListFilter."""
        return queryset.filter(owed__gt=0) if self.value() == "yes" else queryset


@admin.register(PointsBalance)
class PointsBalanceAdmin(RecordAdmin):
    """Balances to look at, and the way to the page that changes them."""

    list_display = ("customer", "balance", "owed")
    list_filter = (OwedFilter,)
    list_select_related = ("customer",)
    search_fields = ("customer__email", "customer__username")
    search_help_text = gettext_lazy("An e-mail address or a user name.")
    sortable_by = ()
    fields = ("customer", ("balance", "owed"))

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Whoever may change points: adding is adjusting those of any customer."""
        return request.user.has_perm("orders.change_pointsbalance")

    def get_links(self, request: HttpRequest, record: PointsBalance) -> list[Link]:
        """To the customer's part of the ledger, and to the page that changes points."""
        ledger = reverse("admin:orders_pointsentry_changelist")
        links = [Link(f"{ledger}?customer__id__exact={record.pk}", _("Entries"))]
        if self.has_add_permission(request):
            page = reverse("admin:orders_pointsbalance_add", query={"customer": record.pk})
            links.insert(0, Link(page, _("Adjust points")))
        return links

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Give a customer points, or take some."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return self._show(request, start_adjustment(customer=_find_customer(request)))
        form = AdjustPointsForm(request.POST)
        if form.is_valid() and self._book(request, form):
            return redirect(
                reverse("admin:orders_pointsbalance_change", args=[form.cleaned_data["customer"]])
            )
        return self._show(request, form)

    def _book(self, request: HttpRequest, form: AdjustPointsForm) -> bool:
        """Book the change and report it; say whether this form is done with."""
        change = form.cleaned_data
        try:
            adjust_points(
                customer_id=change["customer"],
                points=change["points"],
                reference=f"staff:{change['reference']}",
                reason=change["reason"],
                actor=get_actor(request),
                now=timezone.now(),
            )
        except PointsBooked:
            self.message_user(request, _("This has been booked already."), messages.WARNING)
            return True
        except PointsMissing as error:
            form.add_error("points", _("There are only %(balance)d.") % {"balance": error.balance})
            return False
        except StockBusy as error:
            form.add_error(None, explain_stock(error))
            return False
        balance = PointsBalance.objects.get(pk=change["customer"])
        self.log_change(request, balance, f"{change['points']:+}")
        text = _("Booked. The balance is %(balance)d now.") % {"balance": balance.balance}
        self.message_user(request, text, messages.SUCCESS)
        return True

    def _show(self, request: HttpRequest, form: AdjustPointsForm) -> TemplateResponse:
        customer = _find_customer(request)
        points = get_points(customer_id=customer.pk) if customer else None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Adjust points"),
            "opts": self.opts,
            "figures": [(_("Balance"), points.balance), (_("Owed"), points.owed)] if points else [],
            "form": form,
        }
        return TemplateResponse(request, "admin/staff/book.html", context)


@admin.register(PointsEntry)
class PointsEntryAdmin(RecordAdmin):
    """The points ledger, to be read."""

    list_display = (
        *("created_at", "customer", "kind", "show_points", "show_owed"),
        *("show_order", "actor", "reason"),
    )
    list_filter = ("kind", "created_at")
    list_select_related = ("customer", "order")
    list_display_links = ("created_at",)
    search_fields = ("^reference", "=customer__email")
    search_help_text = gettext_lazy("The beginning of a reference, or an e-mail address.")
    sortable_by = ()

    @admin.display(description=gettext_lazy("points"))
    def show_points(self, entry: PointsEntry) -> str:
        """The change of the balance with its sign."""
        return _sign(entry.points)

    @admin.display(description=gettext_lazy("owed"))
    def show_owed(self, entry: PointsEntry) -> str:
        """The change of what is owed with its sign."""
        return _sign(entry.owed)

    @admin.display(description=gettext_lazy("order"))
    def show_order(self, entry: PointsEntry) -> str:
        """The order, linked, if there is one."""
        if entry.order is None:
            return ""
        url = reverse("admin:orders_order_change", args=[entry.order.pk])
        return format_html('<a href="{}">{}</a>', url, entry.order.number)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Allow the entries of one customer, to which their balance links."""
        return lookup == "customer__id__exact" or super().lookup_allowed(lookup, value, request)


def _show_entries(order: Order) -> Panel:
    """Return what an order did to its customer's points."""
    return Panel(
        title=_("Points"),
        columns=[_("Time"), _("Kind"), _("Points"), _("Owed"), _("Who"), _("Reason")],
        rows=[
            [
                entry.created_at,
                entry.get_kind_display(),
                _sign(entry.points),
                _sign(entry.owed),
                entry.actor,
                entry.reason,
            ]
            for entry in PointsEntry.objects.filter(order_id=order.pk).order_by("id")
        ],
    )


POINTS_OF_ORDER: Final = PanelSource("orders.view_pointsentry", _show_entries)


def _find_customer(request: HttpRequest) -> Any:
    """Return the account that the address names, if any."""
    given = request.GET.get("customer", "")
    if not (given.isascii() and given.isdigit() and len(given) <= _LONGEST_ID):
        return None
    return get_user_model().objects.filter(pk=int(given)).first()


def _sign(change: int) -> str:
    return f"{change:+}" if change else "0"
