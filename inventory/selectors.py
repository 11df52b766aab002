"""Reads. Nothing here locks a row, and nothing read here is a promise by the time it is used."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import reduce
from operator import or_

from django.db.models import Case, F, OuterRef, Q, Subquery, Sum, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from inventory import sold_out
from inventory.errors import UnknownSku
from inventory.locking import registry
from inventory.models import MovementKind, StockItem, StockMovement, StockSlice
from inventory.slices import POOLED
from inventory.types import MovementView, Shortfall, StockLevel


def get_stock_level(*, sku: str) -> StockLevel:
    """Return one stock item. Raises UnknownSku."""
    levels = get_stock_levels(skus=[sku])
    if sku not in levels:
        raise UnknownSku([sku])
    return levels[sku]


def get_stock_levels(*, skus: Collection[str]) -> dict[str, StockLevel]:
    """Return the stock items that exist among these SKUs, by SKU."""
    return {level.sku: level for level in _read_levels(sku__in=list(skus))}


def get_levels_by_id(*, ids: Collection[int]) -> dict[int, StockLevel]:
    """Return the stock items that exist among these ids, by id."""
    return {level.id: level for level in _read_levels(id__in=list(ids))}


def express_available(*, through: str = "") -> Combinable:
    """Return what can be promised of stock items, for a query; `through` names the relation to them."""
    prefix = f"{through}__" if through else ""
    slices = StockSlice.objects.filter(stock_item=OuterRef(f"{prefix}id")).values("stock_item_id")
    in_slices = Coalesce(Subquery(slices.annotate(total=Sum("units")).values("total")), 0)
    when_pooled = When(**{f"{prefix}locking_strategy": POOLED}, then=in_slices)
    return F(f"{prefix}available") + Case(when_pooled, default=0)


def recall_shortfall(*, sku: str, quantity: int) -> Shortfall | None:
    """Return what a storm of buyers is told without asking the database; None if it must be asked.

    Nothing is read: see `inventory.sold_out` for when that is and how old the answer may be.
    """
    return sold_out.recall_shortfall_of_sku(sku=sku, quantity=quantity)


def remembers_refusals() -> bool:
    """Say whether it is worth asking `recall_shortfall` at all."""
    return sold_out.remembers_refusals()


def list_strategies() -> list[tuple[str, str]]:
    """Return (name, label) of every locking strategy, the default first."""
    return [(strategy.name, str(strategy.label)) for strategy in registry.list_strategies()]


def list_reservations(*, references: Collection[str]) -> dict[tuple[str, int], dict[str, int]]:
    """Return what was booked for references: units (all positive) by kind, by (reference, item id)."""
    booked: dict[tuple[str, int], dict[str, int]] = defaultdict(dict)
    rows = StockMovement.objects.filter(reference__in=list(references)).values_list(
        "reference", "stock_item_id", "kind", "available_delta", "on_hand_delta"
    )
    for reference, stock_item_id, kind, available_delta, on_hand_delta in rows:
        booked[reference, stock_item_id][kind] = abs(available_delta or on_hand_delta)
    return dict(booked)


def list_reserving_references(*, after: str, limit: int) -> list[str]:
    """Return the next references, in order, for which units were ever reserved."""
    rows = StockMovement.objects.filter(reference__gt=after, kind=MovementKind.RESERVE)
    return list(rows.order_by("reference").values_list("reference", flat=True).distinct()[:limit])


def list_movements(*, references: Collection[str]) -> list[MovementView]:
    """Return everything booked for these references, and what came back of them, oldest first."""
    # A plain LIKE, which the index serves.
    came_back = [Q(reference__istartswith=f"{reference}@") for reference in references]
    rows = (
        StockMovement.objects.filter(reduce(or_, came_back, Q(reference__in=list(references))))
        .select_related("stock_item")
        .order_by("id")
    )
    return [
        MovementView(
            stock_item_id=row.stock_item_id,
            sku=row.stock_item.sku,
            kind=row.kind,
            label=row.get_kind_display(),
            available_delta=row.available_delta,
            on_hand_delta=row.on_hand_delta,
            reference=row.reference,
            actor=row.actor,
            reason=row.reason,
            created_at=row.created_at,
        )
        for row in rows
    ]


def list_adjustments(*, reference_prefix: str) -> list[tuple[str, int, int]]:
    """Return (reference, stock item id, signed units) of the adjustments whose reference begins so."""
    # A plain LIKE, which the index serves; the column's collation tells cases apart all the same.
    rows = StockMovement.objects.filter(reference__istartswith=reference_prefix, kind=MovementKind.ADJUST)
    return list(rows.order_by("id").values_list("reference", "stock_item_id", "available_delta"))


def find_last_movement(*, stock_item_id: int) -> dt.datetime | None:
    """Return when units of a stock item last moved, or None if they never did."""
    rows = StockMovement.objects.filter(stock_item_id=stock_item_id).order_by("-id")
    return rows.values_list("created_at", flat=True).first()


def list_latest_reservations(*, sku: str, limit: int) -> list[str]:
    """Return the references for which units of this SKU were reserved, the latest first."""
    reserved = StockMovement.objects.filter(stock_item__sku=sku, kind=MovementKind.RESERVE)
    return list(reserved.order_by("-id").values_list("reference", flat=True)[:limit])


def _read_levels(**which: object) -> Iterable[StockLevel]:
    rows = StockItem.objects.filter(**which).values_list(
        *("id", "sku", "on_hand", express_available(), "version", "locking_strategy", "low_stock_threshold")
    )
    return (StockLevel(*row) for row in rows)
