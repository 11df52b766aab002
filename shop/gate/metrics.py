"""How the gate fares in this process, for /metrics. What it believes of a sale is read when asked for."""

from typing import Final

from prometheus_client import Counter, Gauge

REDIS_ERRORS: Final = Counter("shop_gate_redis_errors", "Times Redis did not answer the gate.")
BREAKER_OPEN: Final = Gauge(
    "shop_gate_breaker_open",
    "1 while the gate does without Redis and lets everybody in.",
    multiprocess_mode="livemax",
)
