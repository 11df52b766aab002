"""Balances of points, and their ledger."""

from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

REFERENCE_LENGTH: Final = 50
ACTOR_LENGTH: Final = 100
REASON_LENGTH: Final = 200


class EntryKind(models.TextChoices):
    """Why points came or went."""

    EARN = "earn", _("Earned")
    SPEND = "spend", _("Spent")
    GIVE_BACK = "give_back", _("Given back")
    TAKE_BACK = "take_back", _("Taken back")
    ADJUST = "adjust", _("Adjusted by staff")


class PointsBalance(models.Model):
    """What a customer can spend, and what they owe: sums of the ledger, kept beside it.

    Changed only by `orders.points.ledger`.
    """

    # The primary key, so that locking it locks this one record and no gap of another index beside it.
    customer = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        primary_key=True,
        db_constraint=False,
        related_name="+",
        verbose_name=_("customer"),
    )
    balance = models.BigIntegerField(_("balance"))
    # Points to be taken back that were spent already. What is earned next pays them off first.
    owed = models.BigIntegerField(_("owed"))

    class Meta:
        verbose_name = _("points balance")
        verbose_name_plural = _("points balances")
        constraints = [
            models.CheckConstraint(condition=Q(balance__gte=0), name="pointsbalance_not_negative"),
            models.CheckConstraint(condition=Q(owed__gte=0), name="pointsbalance_owed_not_negative"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}: {self.balance}"


class PointsEntry(models.Model):
    """One row of the points ledger, append-only: by how much a balance and what is owed changed, and why."""

    id = models.BigIntegerField(primary_key=True)
    # An account that is deleted leaves its entries behind: the ledger stays what it was.
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
        verbose_name=_("customer"),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=EntryKind.choices)
    points = models.BigIntegerField(_("points"))
    owed = models.BigIntegerField(_("owed"))
    reference = models.CharField(_("reference"), max_length=REFERENCE_LENGTH, db_collation="utf8mb4_bin")
    order = models.ForeignKey(
        "orders.Order",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="points_entries",
        verbose_name=_("order"),
    )
    actor = models.CharField(_("actor"), max_length=ACTOR_LENGTH)
    reason = models.CharField(_("reason"), max_length=REASON_LENGTH, blank=True)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("points entry")
        verbose_name_plural = _("points entries")
        constraints = [
            # A second return of the same order's points is impossible, not just avoided.
            models.UniqueConstraint(fields=["reference", "customer", "kind"], name="pointsentry_once"),
            models.CheckConstraint(condition=Q(kind__in=EntryKind.values), name="pointsentry_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.points:+} ({self.reference})"
