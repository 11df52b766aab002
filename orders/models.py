"""Orders, their lines, the outbox, and the health of scheduled jobs."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from inventory.types import SKU_LENGTH
from orders.states import CancelReason, OrderStatus
from orders.types import MAX_KEY_LENGTH, MAX_SCOPE_LENGTH


class Order(models.Model):
    """A promise: these units, at these prices, for this customer.

    Status changes only through `orders.services`.
    """

    id = models.BigIntegerField(primary_key=True)
    number = models.CharField(_("number"), max_length=16, unique=True, db_collation="utf8mb4_bin")
    status = models.CharField(_("status"), max_length=10, choices=OrderStatus.choices)
    currency = models.CharField(_("currency"), max_length=3)
    total_amount = models.BigIntegerField(_("total"))
    email = models.EmailField(_("e-mail"))
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="+",
        verbose_name=_("customer"),
    )
    shipping_address = models.JSONField(_("shipping address"), null=True, blank=True)
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
        ]
        indexes = [
            # The sweep reads the overdue end of this index only, however many orders there are.
            models.Index(fields=["status", "payment_due_at"], name="order_sweep"),
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

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=1), name="orderline_quantity_positive"),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="orderline_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.sku}"


class OutboxMessage(models.Model):
    """Something that must happen outside the database, written in the transaction that caused it."""

    id = models.BigIntegerField(primary_key=True)
    topic = models.CharField(_("topic"), max_length=50)
    # Consumers recognise a redelivered message by its key.
    key = models.CharField(_("key"), max_length=100, unique=True, db_collation="utf8mb4_bin")
    payload = models.JSONField(_("payload"))
    created_at = models.DateTimeField(_("created at"))
    deliver_after = models.DateTimeField(_("deliver after"))
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)
    parked_at = models.DateTimeField(_("parked at"), null=True, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    latest_error = models.CharField(_("latest error"), max_length=500, blank=True)
    # True while there is something to do: the one column by which waiting messages are found among old ones.
    is_waiting = models.BooleanField(_("waiting"), default=True)

    class Meta:
        verbose_name = _("outbox message")
        verbose_name_plural = _("outbox messages")
        indexes = [models.Index(fields=["is_waiting", "deliver_after"], name="outbox_waiting")]

    def __str__(self) -> str:
        return f"{self.topic} {self.key}"


class JobHealth(models.Model):
    """When a scheduled job last did its work.

    A sweep that silently stopped is a sale that never comes back.
    """

    name = models.CharField(_("job"), max_length=50, primary_key=True)
    succeeded_at = models.DateTimeField(_("last succeeded at"))
    detail = models.CharField(_("detail"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("job health")
        verbose_name_plural = _("job health")

    def __str__(self) -> str:
        return self.name
