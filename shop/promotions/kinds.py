"""What coupons and promotions do."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CouponKind(models.TextChoices):
    """What a coupon takes off."""

    PERCENT = "percent", _("Percentage")
    FIXED = "fixed", _("Fixed amount")
    SHIPPING = "shipping", _("Free shipping")


class PromotionKind(models.TextChoices):
    """What a promotion takes off."""

    PERCENT = "percent", _("Percentage")
    FIXED = "fixed", _("Fixed amount")
    FREE_UNITS = "free_units", _("Free units for units bought")
    SHIPPING = "shipping", _("Free shipping")
