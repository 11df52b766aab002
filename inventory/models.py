"""Stock items and the ledger of their movements.

A stock item carries two counters: `on_hand`, units physically here, and `available`, units that can still
be promised. Their difference is reserved for orders. Both counters are projections of the ledger, written
in the same transaction as the ledger rows, and `check_books` proves that they agree.

A pooled item may have some of its available units in slices (`inventory.slices`); its `available` is then
only the rest, the depot. `inventory.selectors.express_available` adds them up for queries.

    receive   available + n   on_hand + n        adjust   available + n   on_hand + n   (n may be negative)
    reserve   available - n                      release  available + n
    ship                      on_hand - n        return   available + n   on_hand + n
"""

from typing import Any, NoReturn

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from inventory.errors import InventoryError
from inventory.types import SKU_LENGTH

REFERENCE_LENGTH = 100


class MovementKind(models.TextChoices):
    """Why units moved."""

    RECEIVE = "receive", _("Receive")
    ADJUST = "adjust", _("Adjust")
    RESERVE = "reserve", _("Reserve")
    RELEASE = "release", _("Release")
    SHIP = "ship", _("Ship")
    RETURN = "return", _("Return")


class StockItem(models.Model):
    """Units of one SKU. Changed only by `inventory.services`, never by `save()` of a loaded instance."""

    # Case-sensitive: "abc" and "ABC" are two SKUs, as warehouses mean them.
    sku = models.CharField(_("SKU"), max_length=SKU_LENGTH, unique=True, db_collation="utf8mb4_bin")
    on_hand = models.BigIntegerField(_("on hand"), default=0)
    available = models.BigIntegerField(_("available"), default=0)
    # Every writer adds 1, whatever its strategy; this is what lets strategies be mixed and switched under
    # load.
    version = models.BigIntegerField(_("version"), default=0)
    locking_strategy = models.CharField(_("locking strategy"), max_length=20, default="conditional")
    low_stock_threshold = models.PositiveIntegerField(_("low stock threshold"), default=0)

    class Meta:
        verbose_name = _("stock item")
        verbose_name_plural = _("stock items")
        constraints = [
            models.CheckConstraint(condition=Q(available__gte=0), name="stockitem_available_not_negative"),
            models.CheckConstraint(
                condition=Q(available__lte=F("on_hand")), name="stockitem_available_within_on_hand"
            ),
        ]

    def __str__(self) -> str:
        return self.sku


class StockSlice(models.Model):
    """Some of the available units of a pooled stock item, for one transaction at a time to take from.

    Written only by `inventory.slices`.
    """

    # Led by the item, so that a claim locks rows of one index only, and finds them side by side.
    pk = models.CompositePrimaryKey("stock_item_id", "slot")
    # No database-level foreign key, for the same reason as in the ledger.
    stock_item = models.ForeignKey(
        StockItem,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="slices",
        verbose_name=_("stock item"),
    )
    slot = models.SmallIntegerField(_("slot"))
    units = models.BigIntegerField(_("units"))

    class Meta:
        verbose_name = _("stock slice")
        verbose_name_plural = _("stock slices")
        constraints = [
            models.CheckConstraint(condition=Q(units__gte=0), name="stockslice_units_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.stock_item_id}/{self.slot}"


class LedgerIsAppendOnly(InventoryError):
    """A ledger row was about to be changed or deleted."""


class StockMovementQuerySet(models.QuerySet["StockMovement"]):
    """Reads only; rows are written by `inventory.ledger`."""

    def update(self, **kwargs: Any) -> NoReturn:
        """Refuse: a movement that happened stays as it was booked."""
        raise LedgerIsAppendOnly

    def delete(self) -> NoReturn:
        """Refuse: a movement that happened stays in the books."""
        raise LedgerIsAppendOnly


class StockMovement(models.Model):
    """One line of the ledger: how many units moved, why, on whose behalf."""

    id = models.BigIntegerField(primary_key=True)
    # No database-level foreign key: the child insert's shared lock on the stock row, followed by the UPDATE
    # of that row, would be a deadlock between any two buyers (docs/locking.md).
    stock_item = models.ForeignKey(
        StockItem,
        on_delete=models.PROTECT,
        db_constraint=False,
        related_name="movements",
        verbose_name=_("stock item"),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=MovementKind.choices)
    available_delta = models.BigIntegerField(_("available"))
    on_hand_delta = models.BigIntegerField(_("on hand"))
    reference = models.CharField(_("reference"), max_length=REFERENCE_LENGTH, db_collation="utf8mb4_bin")
    actor = models.CharField(_("actor"), max_length=100)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created at"))

    objects = StockMovementQuerySet.as_manager()

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        constraints = [
            # A second release of the same order is impossible, not just avoided.
            models.UniqueConstraint(fields=["reference", "stock_item", "kind"], name="stockmovement_once"),
            models.CheckConstraint(
                name="stockmovement_deltas_fit_kind",
                condition=(
                    Q(
                        kind__in=["receive", "return"],
                        available_delta__gt=0,
                        on_hand_delta=F("available_delta"),
                    )
                    | (Q(kind="adjust", on_hand_delta=F("available_delta")) & ~Q(available_delta=0))
                    | Q(kind="reserve", available_delta__lt=0, on_hand_delta=0)
                    | Q(kind="release", available_delta__gt=0, on_hand_delta=0)
                    | Q(kind="ship", available_delta=0, on_hand_delta__lt=0)
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference}"

    def save(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: movements are booked by `inventory.services`."""
        raise LedgerIsAppendOnly

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: a movement that happened stays in the books."""
        raise LedgerIsAppendOnly
