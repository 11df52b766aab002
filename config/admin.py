"""The admin site under the shop's name, in the order in which staff think of things."""

from typing import Any, Final

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from inventory.backoffice import count_waiting

# What is sold, who bought it, who paid, what is there; then what else is installed, by name.
_APPS_IN_ORDER: Final = ("shop", "orders", "payments", "inventory")
_MODELS_IN_ORDER: Final = (
    *("Product", "Category"),
    *("Order", "OrderStep", "PointsBalance", "PointsEntry", "OutboxMessage", "JobHealth"),
    *("Payment", "Refund", "GatewayEvent", "ReconciliationFinding"),
    *("StockItem", "StockMovement"),
)


class HoldfastAdminSite(admin.AdminSite):
    """Django's admin, branded."""

    site_header = format_lazy("{shop} {staff}", shop=settings.SHOP_NAME, staff=_("for staff"))
    site_title = format_lazy("{shop} {staff}", shop=settings.SHOP_NAME, staff=_("for staff"))
    index_title = _("Shop administration")

    @method_decorator(secure_admin_login)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Have staff sign in on the customers' page, with its limits and its second step."""
        return super().login(request, extra_context)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show what waits for somebody above all there is."""
        return super().index(request, {**(extra_context or {}), "waiting": count_waiting(self, request)})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return what this person may see, the shop's own first."""
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=lambda model: _place(_MODELS_IN_ORDER, model["object_name"]))
        return sorted(apps, key=lambda app: _place(_APPS_IN_ORDER, app["app_label"]))


def _place(order: tuple[str, ...], name: str) -> int:
    return order.index(name) if name in order else len(order)
