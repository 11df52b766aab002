"""Staff pages for taxes."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from inventory.backoffice import StaffAdmin
from shop.places.staff import CountryChoice
from shop.tax.models import TaxClass, TaxRate
from shop.tax.rates import forget_rates


class TaxClassAdmin(StaffAdmin):
    """Which goods are taxed alike."""

    list_display = ("name", "slug")
    fields = ("name", "slug")
    search_fields = ("name",)
    ordering = ("name", "id")
    prepopulated_fields = {"slug": ("name",)}


class TaxRateAdmin(CountryChoice, StaffAdmin):
    """How much tax is on what, where. Many at once come with `manage.py import_tax_rates`."""

    list_display = ("name", "percent", "country", "region", "tax_class", "priority", "is_on_shipping")
    list_filter = ("tax_class", "country")
    list_select_related = ("tax_class",)
    fields = (
        *(("name", "percent"), "tax_class", ("country", "region"), "city", "postal_codes"),
        *("priority", "is_compound", "is_on_shipping"),
    )
    search_fields = ("name", "country", "region")
    ordering = ("country", "region", "priority", "id")

    def save_model(self, request: HttpRequest, obj: TaxRate, form: Any, change: Any) -> None:
        """Save, and read the rates anew."""
        super().save_model(request, obj, form, change)
        forget_rates()


def register(site: admin.AdminSite) -> None:
    """Give staff these pages."""
    site.register(TaxClass, TaxClassAdmin)
    site.register(TaxRate, TaxRateAdmin)
