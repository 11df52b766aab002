"""Where a gateway and we disagree."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from payments.models.payments import Payment


class FindingKind(models.TextChoices):
    """How a gateway's list and our payments can disagree."""

    CHARGE_WITHOUT_PAYMENT = "charge_without_payment", _("Charged, and no order knows of it")
    PAYMENT_WITHOUT_CHARGE = "payment_without_charge", _("Paid here, and not at the gateway")
    REFERENCE_NOT_SAVED = "reference_not_saved", _("The gateway's answer was lost")
    PAYMENT_BEHIND = "payment_behind", _("What the gateway reported was lost")
    AMOUNT_DIFFERS = "amount_differs", _("Different amounts received")
    REFUND_DIFFERS = "refund_differs", _("Different amounts refunded")
    CHARGED_TWICE = "charged_twice", _("A second charge for one payment")


class ReconciliationFinding(models.Model):
    """One disagreement between a gateway and us: open until it is gone, or staff have settled it."""

    gateway = models.CharField(_("gateway"), max_length=20)
    kind = models.CharField(_("finding"), max_length=30, choices=FindingKind.choices)
    reference = models.CharField(_("reference"), max_length=100, db_collation="utf8mb4_bin")
    payment = models.ForeignKey(
        Payment,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="findings",
        verbose_name=_("payment"),
    )
    expected = models.BigIntegerField(_("ours"))
    actual = models.BigIntegerField(_("the gateway's"))
    currency = models.CharField(_("currency"), max_length=3)
    detail = models.CharField(_("detail"), max_length=200)
    charged_at = models.DateTimeField(_("charged at"))
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))
    resolved_at = models.DateTimeField(_("gone since"), null=True, blank=True)
    dismissed_at = models.DateTimeField(_("settled by staff"), null=True, blank=True)

    class Meta:
        verbose_name = _("reconciliation finding")
        verbose_name_plural = _("reconciliation findings")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["gateway", "kind", "reference"], name="reconciliationfinding_once"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["resolved_at"], name="reconciliationfinding_open")]

    def __str__(self) -> str:
        return f"{self.gateway} {self.reference}"
