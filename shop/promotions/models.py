"""Coupons and promotions. Amounts are minor units of the shop's currency."""

import datetime as dt
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from shop.promotions.codes import MAX_CODE_LENGTH
from shop.promotions.kinds import CouponKind, PromotionKind


class Offer(models.Model):
    """What coupons and promotions have in common: what they take off, of what, from when to when."""

    percent = models.DecimalField(_("percent"), max_digits=5, decimal_places=2, null=True, blank=True)
    amount = models.BigIntegerField(_("amount"), null=True, blank=True)
    minimum_amount = models.BigIntegerField(_("minimum"), default=0)
    # Empty for everything in the shop.
    category = models.ForeignKey(
        "shop.Category",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("category"),
        help_text=_("With the categories below it; empty for all."),
    )
    product = models.ForeignKey(
        "shop.Product",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("product"),
        help_text=_("Empty for all."),
    )
    starts_at = models.DateTimeField(_("starts at"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends at"), null=True, blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        abstract = True
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(percent=None) | Q(percent__gt=0, percent__lte=100),
                name="%(class)s_percent_sensible",
            ),
            models.CheckConstraint(
                condition=Q(amount=None) | Q(amount__gt=0), name="%(class)s_amount_positive"
            ),
            models.CheckConstraint(condition=Q(minimum_amount__gte=0), name="%(class)s_minimum_not_negative"),
            models.CheckConstraint(
                condition=Q(starts_at=None) | Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="%(class)s_ends_after_start",
            ),
            models.CheckConstraint(
                condition=~Q(kind="percent", percent=None) & ~Q(kind="fixed", amount=None),
                name="%(class)s_says_how_much",
            ),
        ]

    def is_open(self, now: dt.datetime) -> bool:
        """Whether it holds at this moment."""
        has_started = self.starts_at is None or self.starts_at <= now
        return self.is_active and has_started and (self.ends_at is None or now < self.ends_at)


class Coupon(Offer):
    """Takes something off an order whose customer types its code.

    How often it was used is counted by `orders.allowances`, exactly; `is_open` and the limits are read with
    each order.
    """

    # As `normalise_code` writes it.
    code = models.CharField(_("code"), max_length=MAX_CODE_LENGTH, unique=True, db_collation="utf8mb4_bin")
    kind = models.CharField(_("kind"), max_length=10, choices=CouponKind.choices)
    usage_limit = models.PositiveIntegerField(
        _("uses in all"),
        null=True,
        blank=True,
        help_text=_("Empty for no limit. Uses before there was one are not counted."),
    )
    limit_per_customer = models.PositiveIntegerField(
        _("uses per customer"), null=True, blank=True, help_text=_("Empty for no limit.")
    )

    class Meta(Offer.Meta):
        abstract = False
        app_label = "shop"
        verbose_name = _("coupon")
        verbose_name_plural = _("coupons")

    def __str__(self) -> str:
        return self.code


class Promotion(Offer):
    """Takes something off every order it fits. A line is reduced by the first that fits it, by position."""

    name = models.CharField(
        _("name"),
        max_length=100,
        help_text=_("Customers read it in their order, and its uses are counted by it."),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=PromotionKind.choices)
    minimum_quantity = models.PositiveIntegerField(
        _("units bought"), default=0, help_text=_("How many units it takes; the free ones come on top.")
    )
    free_quantity = models.PositiveIntegerField(_("units free"), default=0)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta(Offer.Meta):
        abstract = False
        app_label = "shop"
        verbose_name = _("promotion")
        verbose_name_plural = _("promotions")
        constraints: ClassVar = [
            *Offer.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(kind="free_units") | Q(minimum_quantity__gt=0, free_quantity__gt=0),
                name="promotion_says_how_many",
            ),
        ]

    def __str__(self) -> str:
        return self.name
