"""Staff pages for shipping."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _

from inventory.backoffice import FreshForm, StaffAdmin
from shop.delivery.methods import forget_zones
from shop.delivery.models import ShippingMethod, ShippingZone, WeightStep, ZoneArea
from shop.fields import MoneyField
from shop.places.staff import CountryChoice


class _PriceForm(FreshForm):
    """Something with a price."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Here, because the shop's currency is not known before its settings are.
        self.fields["price_amount"] = MoneyField(
            currency=settings.SHOP_CURRENCY,
            label=_("Price (%(currency)s)") % {"currency": settings.SHOP_CURRENCY},
        )
        self.remember_shown()


class MethodForm(_PriceForm):
    """A shipping method."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["free_from_amount"] = MoneyField(
            currency=settings.SHOP_CURRENCY,
            label=_("Free from (%(currency)s)") % {"currency": settings.SHOP_CURRENCY},
            required=False,
            help_text=_("What the items have to come to; empty for never."),
        )
        self.remember_shown()


class AreaInline(CountryChoice, admin.TabularInline):  # type: ignore[type-arg]  # no generic at run time
    """The areas of a zone."""

    model = ZoneArea
    fields = ("country", "region", "city", "postal_codes")
    extra = 0


class StepInline(admin.TabularInline):  # type: ignore[type-arg]  # no generic at run time
    """The prices of a method by weight."""

    model = WeightStep
    form = _PriceForm
    fields = ("from_grams", "price_amount")
    ordering = ("from_grams",)
    extra = 0


class RulesAdmin(StaffAdmin):
    """Records that prices depend on: what is changed holds at once in this process."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        """Save, and read the rules anew."""
        super().save_related(request, form, formsets, change)
        forget_zones()


class ShippingZoneAdmin(RulesAdmin):
    """Where the shop ships."""

    list_display = ("name", "show_areas", "position")
    fields = ("name", "position")
    search_fields = ("name",)
    ordering = ("position", "id")
    inlines = (AreaInline,)

    @admin.display(description=ZoneArea._meta.verbose_name_plural)
    def show_areas(self, zone: ShippingZone) -> str:
        """The areas, or that it is everywhere else."""
        return ", ".join(str(area) for area in zone.areas.all()) or _("everywhere else")


class ShippingMethodAdmin(RulesAdmin):
    """How the shop ships, and for how much."""

    form = MethodForm
    list_display = ("name", "zone", "code", "position", "is_active")
    list_filter = ("zone", "is_active")
    list_select_related = ("zone",)
    fields = (
        *("zone", ("name", "code"), "note", "price_amount", "free_from_amount", "max_grams"),
        *("position", "is_active"),
    )
    search_fields = ("name", "code")
    ordering = ("zone__position", "position", "id")
    prepopulated_fields = {"code": ("name",)}
    inlines = (StepInline,)


def register(site: admin.AdminSite) -> None:
    """Give staff these pages."""
    site.register(ShippingZone, ShippingZoneAdmin)
    site.register(ShippingMethod, ShippingMethodAdmin)
