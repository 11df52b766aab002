"""The contenders by name."""

from collections.abc import Callable
from typing import Final

from orders.benchmark.jobs import Job
from orders.benchmark.reference import RawSeller, UnlockedSeller
from orders.benchmark.sellers import Seller, ShopSeller

RAW: Final = "raw"
UNLOCKED: Final = "unlocked"
REFERENCES: Final = (RAW, UNLOCKED)
# Sells nothing: the price of a request, where there are requests.
DO_NOTHING: Final = "do-nothing"

_SELLERS: Final[dict[str, Callable[[Job], Seller]]] = {RAW: RawSeller, UNLOCKED: UnlockedSeller}


def make_seller(job: Job) -> Seller:
    """Return the job's seller; any name but the references' is a locking strategy, and so the shop."""
    return _SELLERS.get(job.contender, ShopSeller)(job)
