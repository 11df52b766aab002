"""Counters of the checkout, for /metrics. Labels come from closed lists: never a SKU or an order."""

import os
import threading
import time
from collections import Counter as Tally
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Final, ParamSpec

from prometheus_client import Counter, Gauge, Histogram

from inventory.errors import InvalidQuantity, OutOfStock, StockBusy, UnknownSku
from inventory.transactions import contention_counts
from orders.errors import AllowanceExceeded, IdempotencyKeyReused, InvalidOrder, PointsMissing, TooManyUnpaid
from orders.types import PlacedOrder
from shop.errors import PointsNotTaken, PriceChanged, ProductUnavailable
from shop.gate.errors import MustWait
from shop.promotions.errors import CouponRefused

P = ParamSpec("P")

# Each process opens a file there as soon as it names a metric, commands and workers as well as the web.
if _folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    Path(_folder).mkdir(parents=True, exist_ok=True)

_OUTCOMES: Final[tuple[tuple[type[Exception], str], ...]] = (
    (OutOfStock, "out_of_stock"),
    (MustWait, "waiting"),
    (StockBusy, "busy"),
    (ProductUnavailable, "unavailable"),
    (UnknownSku, "unavailable"),
    (PriceChanged, "price_changed"),
    (AllowanceExceeded, "limit_reached"),
    (TooManyUnpaid, "too_many_unpaid"),
    (PointsMissing, "points_missing"),
    (PointsNotTaken, "points_missing"),
    (CouponRefused, "coupon_refused"),
    (IdempotencyKeyReused, "key_reused"),
    (InvalidOrder, "invalid"),
    (InvalidQuantity, "invalid"),
)
_CHECKOUTS: Final = Counter("shop_checkout", "Checkouts by how they ended.", ["outcome"])
_BY_OUTCOME: Final = {
    outcome: _CHECKOUTS.labels(outcome)
    for outcome in ["placed", "replayed", *dict(_OUTCOMES).values(), "error"]
}
_DURATION: Final = Histogram(
    "shop_checkout_duration_seconds",
    "Time from SKUs to an order or a refusal.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
_CONTENTION: Final = Counter("shop_contention", "Times buyers got in each other's way, by kind.", ["event"])
GATE_REDIS_ERRORS: Final = Counter("shop_gate_redis_errors", "Times Redis did not answer the gate.")
GATE_BREAKER_OPEN: Final = Gauge(
    "shop_gate_breaker_open",
    "1 while the gate does without Redis and lets everybody in.",
    multiprocess_mode="livemax",
)

_published: Tally[str] = Tally()
_publishing = threading.Lock()


def observe_checkout(place: Callable[P, PlacedOrder]) -> Callable[P, PlacedOrder]:
    """Count and time every call of the function that places orders."""

    @wraps(place)
    def observed(*args: P.args, **kwargs: P.kwargs) -> PlacedOrder:
        started = time.perf_counter()
        outcome = "error"
        try:
            placed = place(*args, **kwargs)
            outcome = "replayed" if placed.replayed else "placed"
        except Exception as error:
            outcome = next((name for kind, name in _OUTCOMES if isinstance(error, kind)), "error")
            raise
        finally:
            _BY_OUTCOME[outcome].inc()
            _DURATION.observe(time.perf_counter() - started)
            publish_contention()
        return placed

    return observed


def count_early_refusal() -> None:
    """Count a checkout that was refused for want of stock before it became one."""
    _BY_OUTCOME["out_of_stock"].inc()


def publish_contention() -> None:
    """Add what this process has counted since the last time; other processes see what is published."""
    with _publishing:
        counts = contention_counts()
        for event, total in counts.items():
            if (new := total - _published[event]) > 0:
                _CONTENTION.labels(event).inc(new)
        _published.update(counts - _published)
