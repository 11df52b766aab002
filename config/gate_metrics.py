"""What the gates of the open flash sales believe, and by how much they are wrong, for /metrics."""

import datetime as dt
from collections.abc import Iterator
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from shop.gate.services import read_levels
from shop.sale_selectors import list_open_sales

_LABELS: Final = ["sale"]


def collect_gates(*, now: dt.datetime) -> Iterator[Metric]:
    """Yield the gauges of all open sales, few and labelled by id. What Redis does not know is left out."""
    units = GaugeMetricFamily("shop_gate_units", "Units the gate would still let in.", labels=_LABELS)
    in_flight = GaugeMetricFamily("shop_gate_in_flight", "Units in orders being placed.", labels=_LABELS)
    waiting = GaugeMetricFamily("shop_gate_waiting", "Requests in the line.", labels=_LABELS)
    drift = GaugeMetricFamily(
        "shop_gate_drift", "Gate's units minus (available minus in flight); 0 in quiet.", labels=_LABELS
    )
    admitted = CounterMetricFamily("shop_gate_admitted", "Requests let in.", labels=_LABELS)
    for sale in list_open_sales(now=now):
        levels = read_levels(sale_id=sale.id, now=now)
        if levels is None:
            continue
        label = [str(sale.id)]
        units.add_metric(label, levels.free)
        in_flight.add_metric(label, levels.in_flight)
        waiting.add_metric(label, levels.waiting)
        drift.add_metric(label, levels.find_drift(sale.remaining))
        admitted.add_metric(label, levels.admitted)
    yield from (units, in_flight, waiting, drift, admitted)
