"""What /metrics shows: this shop's counters, and what only the database knows."""

import datetime as dt
import os
from collections.abc import Iterator

from django.db import DatabaseError, InterfaceError
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from config.gate_metrics import collect_gates
from config.readiness import can_reach_redis
from config.waiting_metrics import collect_waiting
from orders.selectors import count_overdue_orders, get_job_health
from orders.types import SWEEP_JOB
from shop.metrics import publish_contention


def render_metrics(*, now: dt.datetime) -> tuple[bytes, str]:
    """Return all metrics as Prometheus text and its content type.

    Several processes show one sum if PROMETHEUS_MULTIPROC_DIR names a directory they share; without it each
    shows its own.
    """
    publish_contention()
    scrape = CollectorRegistry()
    scrape.register(ShopGauges(now))
    return generate_latest(_find_registry()) + generate_latest(scrape), CONTENT_TYPE_LATEST


def _find_registry() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


class ShopGauges(Collector):
    """How the shop is at this moment, the same whichever process is asked."""

    def __init__(self, now: dt.datetime) -> None:
        self.now = now

    def describe(self) -> list[GaugeMetricFamily]:
        """Return nothing: registering must not ask the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges; those that the database knows are left out while it is away."""
        yield GaugeMetricFamily("shop_redis_up", "1 if Redis answers.", value=can_reach_redis())
        try:
            gauges = list(self._read_database())
        except (DatabaseError, InterfaceError):
            gauges = []
        yield GaugeMetricFamily("shop_database_up", "1 if the database answers.", value=bool(gauges))
        yield from gauges

    def _read_database(self) -> Iterator[Metric]:
        overdue = count_overdue_orders(now=self.now)
        yield GaugeMetricFamily(
            "shop_orders_overdue", "Unpaid orders past their deadline, not yet swept.", value=overdue
        )
        if sweep := get_job_health(name=SWEEP_JOB):
            age = (self.now - sweep[0]).total_seconds()
            yield GaugeMetricFamily(
                "shop_last_sweep_age_seconds", "Seconds since a sweep last succeeded.", value=age
            )
        yield from collect_waiting()
        yield from collect_gates(now=self.now)
