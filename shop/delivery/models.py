"""Where the shop ships, how, and for how much. Amounts are minor units, weights are grams."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shop.places.fields import AreaFields


class ShippingZone(models.Model):
    """Areas with the same shipping methods. One without areas is everywhere that is in no other zone."""

    name = models.CharField(_("name"), max_length=100)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        app_label = "shop"
        verbose_name = _("shipping zone")
        verbose_name_plural = _("shipping zones")

    def __str__(self) -> str:
        return self.name


class ZoneArea(AreaFields):
    """A part of a shipping zone."""

    zone = models.ForeignKey(
        ShippingZone, on_delete=models.CASCADE, related_name="areas", verbose_name=_("shipping zone")
    )

    class Meta:
        app_label = "shop"
        verbose_name = _("area")
        verbose_name_plural = _("areas")


class ShippingMethod(models.Model):
    """One way to ship to a zone. Two zones may have one of the same code: customers see that of theirs."""

    zone = models.ForeignKey(
        ShippingZone, on_delete=models.CASCADE, related_name="methods", verbose_name=_("shipping zone")
    )
    code = models.SlugField(_("code"), max_length=40, help_text=_("By which programs choose it."))
    name = models.CharField(_("name"), max_length=100)
    note = models.CharField(
        _("note"), max_length=200, blank=True, help_text=_("What customers read beside it: “2 to 3 days”.")
    )
    price_amount = models.BigIntegerField(_("price"))
    free_from_amount = models.BigIntegerField(_("free from"), null=True, blank=True)
    max_grams = models.PositiveIntegerField(
        _("heaviest parcel (grams)"), null=True, blank=True, help_text=_("Empty for no limit.")
    )
    position = models.PositiveIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        app_label = "shop"
        verbose_name = _("shipping method")
        verbose_name_plural = _("shipping methods")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["zone", "code"], name="shippingmethod_once_per_zone"),
            models.CheckConstraint(
                condition=Q(price_amount__gte=0), name="shippingmethod_price_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.zone}: {self.name}"


class WeightStep(models.Model):
    """From this weight on, a method costs this instead."""

    method = models.ForeignKey(ShippingMethod, on_delete=models.CASCADE, related_name="steps")
    from_grams = models.PositiveIntegerField(_("from (grams)"))
    price_amount = models.BigIntegerField(_("price"))

    class Meta:
        app_label = "shop"
        verbose_name = _("price by weight")
        verbose_name_plural = _("prices by weight")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["method", "from_grams"], name="weightstep_once_per_weight"),
            models.CheckConstraint(condition=Q(price_amount__gte=0), name="weightstep_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.from_grams} g"
