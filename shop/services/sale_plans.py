"""What a flash sale has to be like before it is scheduled or changed. Forms ask the same questions first."""

import datetime as dt
import hashlib
from itertools import count
from typing import Any, Final

from django.utils.translation import gettext as _

from inventory.selectors import get_stock_levels
from inventory.types import MAX_QUANTITY, SKU_LENGTH
from shop.errors import InvalidSale, ProductUnavailable, SaleOverlaps
from shop.fields import MAX_PRICE
from shop.models import FlashSale, Variant
from shop.sale_types import SalePlan

SHORTEST_WINDOW_SECONDS: Final = 60
LONGEST_WINDOW_SECONDS: Final = 7 * 24 * 3600
_NAME_LENGTH: Final = 120
_DIGEST_LENGTH: Final = 8


def require_sensible(plan: SalePlan, *, now: dt.datetime) -> None:
    """Raise InvalidSale for a plan that cannot be, naming its first field that is wrong."""
    window = plan.payment_window_seconds
    rules = (
        ("name", 0 < len(plan.name.strip()) <= _NAME_LENGTH, _("Please give the sale a name.")),
        ("price_amount", 0 <= plan.price_amount <= MAX_PRICE, _("This price is out of range.")),
        ("ends_at", plan.ends_at > plan.starts_at, _("A sale ends after it starts.")),
        ("ends_at", plan.ends_at > now, _("This moment has passed.")),
        ("units", 1 <= plan.units <= MAX_QUANTITY, _("A sale has at least one unit.")),
        ("limit_per_customer", 0 <= plan.limit_per_customer <= MAX_QUANTITY, _("This is out of range.")),
        (
            "payment_window_seconds",
            window is None or SHORTEST_WINDOW_SECONDS <= window <= LONGEST_WINDOW_SECONDS,
            _("From one minute to seven days."),
        ),
    )
    for field, is_right, problem in rules:
        if not is_right:
            raise InvalidSale(field, problem)


def require_sellable(*, variant_id: int) -> Variant:
    """Return a variant that can be put on sale. Raises ProductUnavailable: gone, or itself an offer."""
    variant = Variant.objects.listed().select_related("stock_item").filter(id=variant_id).first()
    if variant is None:
        raise ProductUnavailable([f"#{variant_id}"])
    return variant


def require_free(*, variant_id: int, plan: SalePlan, besides: int | None = None) -> None:
    """Raise SaleOverlaps if the variant is in another sale, not ended, while this one would be open."""
    others = FlashSale.objects.filter(
        variant_id=variant_id, ended_at=None, starts_at__lt=plan.ends_at, ends_at__gt=plan.starts_at
    ).exclude(id=besides or 0)
    if other := others.order_by("starts_at").first():
        raise SaleOverlaps(other.name, other.starts_at, other.ends_at)


def make_offer_sku(*, variant: Variant) -> str:
    """Return a SKU that is not taken yet, made from the variant's: MUG becomes MUG.SALE-1."""
    sku = variant.stock_item.sku
    first = FlashSale.objects.filter(variant=variant).count() + 1
    candidates = (_shorten(sku, f".SALE-{number}") for number in count(first))
    return next(candidate for candidate in candidates if not get_stock_levels(skus=[candidate]))


def read_plan(sale: FlashSale) -> SalePlan:
    """Return a sale's plan as it is."""
    return SalePlan(
        name=sale.name,
        price_amount=sale.offer.price_amount,
        starts_at=sale.starts_at,
        ends_at=sale.ends_at,
        units=sale.units,
        limit_per_customer=sale.limit_per_customer,
        payment_window_seconds=sale.payment_window_seconds,
    )


def list_columns(plan: SalePlan) -> dict[str, Any]:
    """Return the plan as columns of the sale; the price is the offer's."""
    return {
        "name": plan.name.strip(),
        "starts_at": plan.starts_at,
        "ends_at": plan.ends_at,
        "units": plan.units,
        "limit_per_customer": plan.limit_per_customer,
        "payment_window_seconds": plan.payment_window_seconds,
    }


def _shorten(sku: str, suffix: str) -> str:
    if len(sku) + len(suffix) <= SKU_LENGTH:
        return sku + suffix
    # Two long SKUs may differ only at their end.
    digest = hashlib.sha256(sku.encode()).hexdigest()[:_DIGEST_LENGTH]
    return f"{sku[: SKU_LENGTH - len(suffix) - len(digest) - 1]}~{digest}{suffix}"
