"""Payments, and what goes back of them."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class PaymentStatus(models.TextChoices):
    """Where one attempt to pay is."""

    STARTED = "started", _("Started")
    PROCESSING = "processing", _("Processing")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    REVIEW = "review", _("Waiting for staff")


class Payment(models.Model):
    """One attempt to pay an order through one gateway."""

    id = models.BigIntegerField(primary_key=True)
    order = models.ForeignKey(
        "orders.Order", on_delete=models.PROTECT, related_name="payments", verbose_name=_("order")
    )
    gateway = models.CharField(_("gateway"), max_length=20)
    # The gateway's own name for this payment; NULL until it has answered, because it is unique.
    reference = models.CharField(  # noqa: DJ001
        _("reference"), max_length=100, null=True, blank=True, db_collation="utf8mb4_bin"
    )
    # The gateway's name for the money itself, where that has one of its own; known once it came.
    charge_reference = models.CharField(
        _("charge"), max_length=100, blank=True, default="", db_collation="utf8mb4_bin"
    )
    status = models.CharField(_("status"), max_length=10, choices=PaymentStatus.choices)
    amount = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    received_amount = models.BigIntegerField(_("received"), default=0)
    # Money in review may have come in another currency than was asked for; refunds go back in that one.
    received_currency = models.CharField(_("currency received"), max_length=3, blank=True, default="")
    refunded_amount = models.BigIntegerField(_("refunded"), default=0)
    redirect_url = models.TextField(blank=True)
    # Where the customer came from: the way back from a page of ours.
    return_url = models.TextField(blank=True)
    created_at = models.DateTimeField(_("created at"))
    succeeded_at = models.DateTimeField(_("succeeded at"), null=True, blank=True)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        permissions: ClassVar = [("confirm_payment", _("Can confirm that a transfer arrived"))]
        # Reconciliation looks at recent payments, however many there are.
        indexes: ClassVar = [
            models.Index(fields=["created_at"], name="payment_created"),
            # Few are in review, among all there ever were, and staff are told of each.
            models.Index(fields=["status"], name="payment_status"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["gateway", "reference"], name="payment_once_per_reference"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount_positive"),
            # Concurrent refunds cannot together exceed what came in, whatever a gateway would let pass.
            models.CheckConstraint(
                condition=Q(refunded_amount__gte=0, refunded_amount__lte=F("received_amount")),
                name="payment_refunds_within_received",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.reference or self.id}"

    @property
    def money_currency(self) -> str:
        """The currency of what came in, and of what goes back."""
        return self.received_currency or self.currency


class RefundStatus(models.TextChoices):
    """Where a refund is."""

    REQUESTED = "requested", _("Requested")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed, waiting for staff")


class OrderRefund(models.Model):
    """What was decided to go back of an order at once: some lines, some money. The money is its refunds."""

    id = models.BigIntegerField(primary_key=True)
    order = models.ForeignKey(
        "orders.Order", on_delete=models.PROTECT, related_name="order_refunds", verbose_name=_("order")
    )
    # Made with the page on which it was decided, so that a second click decides nothing more. NULL where
    # nobody clicks, because it is unique.
    token = models.CharField(max_length=64, null=True, unique=True, db_collation="utf8mb4_bin")  # noqa: DJ001
    amount = models.BigIntegerField(_("amount"))
    lines = models.JSONField(_("lines"), default=list)
    reason = models.CharField(_("reason"), max_length=200)
    actor = models.CharField(_("actor"), max_length=100)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("refund of an order")
        verbose_name_plural = _("refunds of orders")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="orderrefund_amount_not_negative")
        ]

    def __str__(self) -> str:
        return f"refund of {self.order}"


class Refund(models.Model):
    """Money on its way back. Its id is the gateway's idempotency key, so no retry pays it twice."""

    id = models.BigIntegerField(primary_key=True)
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="refunds", verbose_name=_("payment")
    )
    # NULL for money that was never an order's: paid twice, too late, or in the wrong amount.
    order_refund = models.ForeignKey(
        OrderRefund, on_delete=models.PROTECT, null=True, blank=True, related_name="refunds"
    )
    amount = models.BigIntegerField(_("amount"))
    status = models.CharField(
        _("status"), max_length=10, choices=RefundStatus.choices, default=RefundStatus.REQUESTED
    )
    reason = models.CharField(_("reason"), max_length=200)
    actor = models.CharField(_("actor"), max_length=100)
    reference = models.CharField(_("reference"), max_length=100, blank=True)
    created_at = models.DateTimeField(_("created at"))
    succeeded_at = models.DateTimeField(_("succeeded at"), null=True, blank=True)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        indexes: ClassVar = [models.Index(fields=["status"], name="refund_status")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount_positive")
        ]

    def __str__(self) -> str:
        return f"refund {self.id}"
