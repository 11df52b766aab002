"""Coupons and promotions as values, and how they are read."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from shop.glances import RULES_FRESH_SECONDS, Glances
from shop.models import Category
from shop.pricing.types import PricedLine
from shop.promotions.codes import is_code, normalise_code
from shop.promotions.errors import CouponRefused
from shop.promotions.models import Coupon, Offer, Promotion

_ALL: Final = "promotions"
_promotions: Final[Glances[str, "tuple[Rule, ...]"]] = Glances(fresh_seconds=RULES_FRESH_SECONDS)
_shelves: Final[Glances[str, Mapping[int, int | None]]] = Glances(fresh_seconds=RULES_FRESH_SECONDS)


@dataclass(frozen=True, slots=True)
class Rule:
    """What is taken off which lines. `label` is what the order says."""

    kind: str
    label: str
    percent: Decimal
    amount: int
    minimum_amount: int
    category_ids: frozenset[int] | None
    product_id: int | None
    starts_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None
    minimum_quantity: int = 0
    free_quantity: int = 0

    def is_open(self, now: dt.datetime) -> bool:
        """Whether it holds at this moment."""
        return (self.starts_at is None or self.starts_at <= now) and (
            self.ends_at is None or now < self.ends_at
        )

    def is_for(self, line: PricedLine) -> bool:
        """Whether a line is what it is about. Offers of flash sales are reduced already and stay so."""
        is_in_category = self.category_ids is None or line.category_id in self.category_ids
        return is_in_category and self.product_id in (None, line.product_id) and not line.is_offer


def read_promotions() -> Sequence[Rule]:
    """Return all active promotions in their order, as this process read them a few seconds ago."""
    return _promotions.look(_ALL, _read_promotions)


def forget_promotions() -> None:
    """Read anew at the next look: staff who change a promotion see it at once."""
    _promotions.forget()
    _shelves.forget()


def find_coupon(*, code: str, now: dt.datetime) -> tuple[Coupon, Rule]:
    """Return the coupon of a code as it was typed, if it is valid. Raises CouponRefused. One query."""
    code = normalise_code(code)
    coupon = Coupon.objects.filter(code=code).first() if is_code(code) else None
    if coupon is None or not coupon.is_open(now):
        raise CouponRefused(code)
    return coupon, _to_rule(coupon, label=coupon.code)


def _read_promotions() -> tuple[Rule, ...]:
    rows = Promotion.objects.filter(is_active=True).order_by("position", "id")
    return tuple(
        _to_rule(row, label=row.name, minimum_quantity=row.minimum_quantity, free_quantity=row.free_quantity)
        for row in rows
    )


def _to_rule(
    row: Coupon | Promotion, *, label: str, minimum_quantity: int = 0, free_quantity: int = 0
) -> Rule:
    return Rule(
        kind=row.kind,
        label=label,
        percent=row.percent or Decimal(0),
        amount=row.amount or 0,
        minimum_amount=row.minimum_amount,
        category_ids=_find_shelves(row),
        product_id=row.product_id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        minimum_quantity=minimum_quantity,
        free_quantity=free_quantity,
    )


def _find_shelves(row: Offer) -> frozenset[int] | None:
    """Return a rule's category with all below it; None for everything."""
    if row.category_id is None:
        return None
    parents = _shelves.look(_ALL, _read_shelves)
    found, size = {row.category_id}, 0
    while len(found) > size:
        size = len(found)
        found |= {child for child, parent in parents.items() if parent in found}
    return frozenset(found)


def _read_shelves() -> Mapping[int, int | None]:
    return dict(Category.objects.values_list("id", "parent_id"))
