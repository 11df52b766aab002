"""Purchase allowances, and what orders take of them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.orders import Order
from orders.types import MAX_ALLOWANCE_KEY_LENGTH


class PurchaseAllowance(models.Model):
    """How many units whoever `key` stands for has taken, of how many they may have in all.

    Changed only by `orders.allowances`.
    """

    # The primary key, so that an upsert locks this one record and no gap of another index beside it.
    key = models.CharField(
        _("key"), max_length=MAX_ALLOWANCE_KEY_LENGTH, primary_key=True, db_collation="utf8mb4_bin"
    )
    used = models.BigIntegerField(_("used"))
    # As the latest order was told; staff may have changed it since.
    unit_limit = models.BigIntegerField(_("limit"))

    class Meta:
        verbose_name = _("purchase allowance")
        verbose_name_plural = _("purchase allowances")
        constraints = [
            models.CheckConstraint(condition=Q(used__gte=0), name="purchaseallowance_not_negative"),
            # Not a safety net behind a guard: this is the guard, because an upsert has no WHERE.
            models.CheckConstraint(
                condition=Q(used__lte=models.F("unit_limit")), name="purchaseallowance_within_limit"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.used} of {self.unit_limit}"


class AllowanceUse(models.Model):
    """What an order took of an allowance. It counts while the order is neither cancelled nor refunded."""

    id = models.BigIntegerField(primary_key=True)
    order = models.ForeignKey(
        Order,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="allowance_uses",
        verbose_name=_("order"),
    )
    key = models.CharField(_("key"), max_length=MAX_ALLOWANCE_KEY_LENGTH, db_collation="utf8mb4_bin")
    # Less what was given back with refunded units.
    quantity = models.BigIntegerField(_("quantity"))
    # A plain pointer, like that of an order line: with these units their part of the allowance comes back.
    stock_item = models.ForeignKey(
        "inventory.StockItem",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )

    class Meta:
        verbose_name = _("use of an allowance")
        verbose_name_plural = _("uses of allowances")
        constraints = [
            models.UniqueConstraint(fields=["order", "key"], name="allowanceuse_once_per_key"),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="allowanceuse_quantity_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.key}"
