"""Orders, their lines, and what else is in their totals."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from inventory.types import SKU_LENGTH
from orders.states import AdjustmentKind, CancelReason, OrderStatus
from orders.types import (
    LABEL_LENGTH,
    MAX_ADDRESS_LENGTH,
    MAX_KEY_LENGTH,
    MAX_LANGUAGE_LENGTH,
    MAX_SCOPE_LENGTH,
)


class Order(models.Model):
    """A promise: these units, at these prices, for this customer.

    Status changes only through `orders.services`.
    """

    id = models.BigIntegerField(primary_key=True)
    number = models.CharField(_("number"), max_length=16, unique=True, db_collation="utf8mb4_bin")
    status = models.CharField(_("status"), max_length=10, choices=OrderStatus.choices)
    currency = models.CharField(_("currency"), max_length=3)
    total_amount = models.BigIntegerField(_("total"))
    # Of what was paid for it, what went back or is about to.
    refunded_amount = models.BigIntegerField(_("refunded"), default=0, db_default=0)
    units = models.BigIntegerField(_("units"), default=0)
    email = models.EmailField(_("e-mail"))
    # The database's own foreign key: an order that is being placed holds the account's row, and whoever
    # deletes the account waits for it (shop.services.accounts).
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("customer"),
    )
    shipping_address = models.JSONField(_("shipping address"), null=True, blank=True)
    # Mail about the order is written in it; empty for the shop's own.
    language = models.CharField(
        _("language"), max_length=MAX_LANGUAGE_LENGTH, blank=True, default="", db_default=""
    )
    # Where an unpaid order came from, so that one address cannot hold a whole stock. Emptied when the order
    # is paid or cancelled: nothing counts it any more.
    client_address = models.CharField(
        _("client address"), max_length=MAX_ADDRESS_LENGTH, blank=True, db_collation="utf8mb4_bin"
    )
    # Under which reference the ledger holds this order's units; a late payment reserves anew under another
    # one.
    stock_reference = models.CharField(_("stock reference"), max_length=32, db_collation="utf8mb4_bin")
    idempotency_scope = models.CharField(max_length=MAX_SCOPE_LENGTH, db_collation="utf8mb4_bin")
    idempotency_key = models.CharField(max_length=MAX_KEY_LENGTH, db_collation="utf8mb4_bin")
    request_fingerprint = models.CharField(max_length=64)
    placed_at = models.DateTimeField(_("placed at"))
    payment_due_at = models.DateTimeField(_("payment due at"))
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True)
    fulfilled_at = models.DateTimeField(_("shipped at"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)
    refunded_at = models.DateTimeField(_("refunded at"), null=True, blank=True)
    cancel_reason = models.CharField(
        _("cancel reason"), max_length=10, choices=CancelReason.choices, blank=True
    )
    # Set when the sweep could not cancel this order; staff see why, and the sweep goes on with the others.
    parked_at = models.DateTimeField(_("parked at"), null=True, blank=True)
    parked_because = models.CharField(_("parked because"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.UniqueConstraint(
                fields=["idempotency_scope", "idempotency_key"], name="order_once_per_key"
            ),
            models.CheckConstraint(condition=Q(total_amount__gte=0), name="order_total_not_negative"),
            models.CheckConstraint(condition=Q(status__in=OrderStatus.values), name="order_status_known"),
            # Concurrent refunds cannot together exceed what the order cost.
            models.CheckConstraint(
                condition=Q(refunded_amount__gte=0, refunded_amount__lte=models.F("total_amount")),
                name="order_refunds_within_total",
            ),
        ]
        indexes = [
            # The sweep reads the overdue end of this index only, however many orders there are.
            models.Index(fields=["status", "payment_due_at"], name="order_sweep"),
            # What is unpaid is due in the future: these find it behind any history, and stay as they are when
            # an order changes its status.
            models.Index(fields=["customer", "payment_due_at"], name="order_customer_due"),
            models.Index(fields=["client_address", "payment_due_at"], name="order_address_due"),
            # Staff find an order by what its customer says on the telephone.
            models.Index(fields=["email"], name="order_email"),
        ]

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    """What was bought, as it was then: later changes of the catalogue do not reach it."""

    id = models.BigIntegerField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    # A plain pointer: a database-level foreign key would lock the stock row on insert (docs/locking.md).
    stock_item = models.ForeignKey(
        "inventory.StockItem", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    position = models.PositiveSmallIntegerField()
    sku = models.CharField(_("SKU"), max_length=SKU_LENGTH, db_collation="utf8mb4_bin")
    name = models.CharField(_("name"), max_length=255)
    unit_price = models.BigIntegerField(_("unit price"))
    quantity = models.BigIntegerField(_("quantity"))
    refunded_quantity = models.BigIntegerField(_("refunded"), default=0, db_default=0)
    # Of the order's total; null for the price less a part of what was taken off.
    share = models.BigIntegerField(_("share of the total"), null=True, blank=True)
    # Of those refunded, the ones that never left the house: they are reserved no more and not shipped.
    withdrawn_quantity = models.BigIntegerField(_("withdrawn"), default=0, db_default=0)

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=1), name="orderline_quantity_positive"),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="orderline_price_not_negative"),
            models.CheckConstraint(condition=Q(share__gte=0), name="orderline_share_not_negative"),
            models.CheckConstraint(
                condition=Q(withdrawn_quantity__gte=0)
                & Q(withdrawn_quantity__lte=models.F("refunded_quantity"))
                & Q(refunded_quantity__lte=models.F("quantity")),
                name="orderline_refunds_within_quantity",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.sku}"


class OrderAdjustment(models.Model):
    """What makes an order's total differ from the sum of its lines. Written with the order, never changed."""

    id = models.BigIntegerField(primary_key=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="adjustments")
    kind = models.CharField(_("kind"), max_length=10, choices=AdjustmentKind.choices)
    label = models.CharField(_("label"), max_length=LABEL_LENGTH)
    # Minor units of the order's currency; what makes it cheaper is negative.
    amount = models.BigIntegerField(_("amount"))
    # How many points it cost its customer.
    points = models.BigIntegerField(_("points"), default=0)
    # Tax that the prices contain.
    included = models.BigIntegerField(_("included"), default=0, db_default=0)

    class Meta:
        verbose_name = _("order adjustment")
        verbose_name_plural = _("order adjustments")
        indexes = [models.Index(fields=["kind", "label"], name="orderadjustment_by_label")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=AdjustmentKind.values), name="orderadjustment_kind_known"
            ),
            models.CheckConstraint(condition=Q(points__gte=0), name="orderadjustment_points_not_negative"),
            models.CheckConstraint(
                condition=Q(included__gte=0), name="orderadjustment_included_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return self.label
