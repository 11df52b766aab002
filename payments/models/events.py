"""The inbox: what gateways told."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from payments.models.payments import Payment


class EventOutcome(models.TextChoices):
    """How a gateway event ended. Every event ends as one of these; staff see those that wait."""

    WAITING = "", _("Waiting")
    APPLIED = "applied", _("Applied")
    DUPLICATE = "duplicate", _("Duplicate")
    LATE_RESERVED = "late_reserved", _("Late, stock reserved again")
    LATE_REFUNDED = "late_refunded", _("Late, refunded")
    REFUNDED_DUPLICATE = "refunded_duplicate", _("Paid twice, refunded")
    AMOUNT_MISMATCH = "amount_mismatch", _("Wrong amount, waiting for staff")
    UNKNOWN_REFERENCE = "unknown_reference", _("Unknown reference, waiting for staff")
    IGNORED = "ignored", _("Ignored")
    REVIEW = "review", _("Waiting for staff")
    SETTLED_BY_STAFF = "settled_by_staff", _("Settled by staff")


class GatewayEvent(models.Model):
    """The inbox: what a gateway told us, kept as it came, committed before anything is made of it."""

    gateway = models.CharField(_("gateway"), max_length=20)
    event_id = models.CharField(_("event"), max_length=100, db_collation="utf8mb4_bin")
    kind = models.CharField(_("kind"), max_length=50)
    reference = models.CharField(_("reference"), max_length=100, blank=True, db_collation="utf8mb4_bin")
    amount = models.BigIntegerField(_("amount"), null=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    charge_reference = models.CharField(
        _("charge"), max_length=100, blank=True, default="", db_collation="utf8mb4_bin"
    )
    body = models.TextField(_("body"))
    received_at = models.DateTimeField(_("received at"))
    outcome = models.CharField(
        _("outcome"), max_length=20, choices=EventOutcome.choices, blank=True, default=EventOutcome.WAITING
    )
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    payment = models.ForeignKey(
        Payment,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="events",
        verbose_name=_("payment"),
    )
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    apply_after = models.DateTimeField(_("apply after"))
    latest_error = models.CharField(_("latest error"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("gateway event")
        verbose_name_plural = _("gateway events")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["gateway", "event_id"], name="gatewayevent_once")
        ]
        indexes: ClassVar = [models.Index(fields=["outcome", "apply_after"], name="gatewayevent_waiting")]

    def __str__(self) -> str:
        return f"{self.gateway} {self.event_id}"
