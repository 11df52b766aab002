"""Addresses of customers."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Address(models.Model):
    """Where a customer has things sent. Orders keep a copy of their own, so this may change at any time."""

    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("customer")
    )
    name = models.CharField(_("full name"), max_length=120)
    line1 = models.CharField(_("street and number"), max_length=200)
    line2 = models.CharField(_("apartment, floor"), max_length=200, blank=True)
    city = models.CharField(_("city"), max_length=120)
    postal_code = models.CharField(_("postal code"), max_length=20)
    region = models.CharField(_("region"), max_length=60, blank=True)
    country = models.CharField(_("country"), max_length=2)
    # The one chosen last is the customer's first: two tabs cannot leave two of them, or none.
    chosen_at = models.DateTimeField(_("chosen at"))

    class Meta:
        app_label = "shop"
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        indexes: ClassVar = [models.Index(fields=["customer", "chosen_at"], name="address_by_customer")]

    def __str__(self) -> str:
        return f"{self.name}, {self.city}"
