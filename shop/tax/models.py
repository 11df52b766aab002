"""Which goods are taxed alike, and how much, where."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shop.places.fields import AreaFields


class TaxClass(models.Model):
    """Goods that are taxed alike; those without a class are taxed at the standard rates."""

    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(_("slug"), max_length=100, unique=True)

    class Meta:
        app_label = "shop"
        verbose_name = _("tax class")
        verbose_name_plural = _("tax classes")

    def __str__(self) -> str:
        return self.name


class TaxRate(AreaFields):
    """One tax on goods of one class in one area. Of each priority, the most particular rate applies."""

    # Empty for the standard rates.
    tax_class = models.ForeignKey(
        TaxClass,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="rates",
        verbose_name=_("tax class"),
    )
    name = models.CharField(_("name"), max_length=100, help_text=_("As it is on the invoice: VAT."))
    percent = models.DecimalField(_("percent"), max_digits=8, decimal_places=4)
    priority = models.PositiveSmallIntegerField(_("priority"), default=1)
    is_compound = models.BooleanField(
        _("compound"), default=False, help_text=_("Also on the taxes of lower priorities.")
    )
    is_on_shipping = models.BooleanField(_("on shipping"), default=True)

    class Meta:
        app_label = "shop"
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        indexes: ClassVar = [models.Index(fields=["country", "region"], name="taxrate_place")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(percent__gte=0, percent__lte=1000), name="taxrate_percent_sensible"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.percent.normalize():f}%"
