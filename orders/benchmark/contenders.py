"""The contenders by name."""

from collections.abc import Callable, Sequence
from typing import Final

from inventory.types import StockLevel
from orders.benchmark.reference import RawSeller, UnlockedSeller
from orders.benchmark.sellers import Seller, ShopSeller

RAW: Final = "raw"
UNLOCKED: Final = "unlocked"
REFERENCES: Final = (RAW, UNLOCKED)

_SELLERS: Final[dict[str, Callable[[Sequence[StockLevel], str], Seller]]] = {
    RAW: RawSeller,
    UNLOCKED: UnlockedSeller,
}


def make_seller(contender: str, items: Sequence[StockLevel], scope: str) -> Seller:
    """Return a seller of these items; any name but the references' is a locking strategy, and so the shop."""
    return _SELLERS.get(contender, ShopSeller)(items, scope)
