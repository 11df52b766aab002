"""The report as one HTML page with plots, which needs nothing else."""

from collections.abc import Callable, Sequence
from typing import Final

from django.template.loader import render_to_string

from orders.benchmark.plots import Plot, draw_bars, draw_lines
from orders.benchmark.report import Report, describe, make_tables
from orders.benchmark.summary import Row

_BY_CLIENTS: Final[tuple[tuple[str, Callable[[Row], float | None]], ...]] = (
    ("Orders per second", lambda row: row.orders_per_second),
    ("p50 latency, ms", lambda row: row.p50_ms),
    ("p95 latency, ms", lambda row: row.p95_ms),
    ("p99 latency, ms", lambda row: row.p99_ms),
    (
        "Retries and conflicts, an order",
        lambda row: (row.retries + row.conflicts) / max(1, row.orders_placed),
    ),
    ("Time a claimed row is held, p50, ms", lambda row: row.hold_p50_ms),
    ("Time a claimed row is held, p99, ms", lambda row: row.hold_p99_ms),
    ("Orders that share a transaction, mean", lambda row: row.batch_mean),
)
_BY_OFFER: Final[tuple[tuple[str, Callable[[Row], float | None]], ...]] = (
    ("p50 latency, ms", lambda row: row.p50_ms),
    ("p99 latency, ms", lambda row: row.p99_ms),
)


def to_html(report: Report) -> str:
    """Return the report as one page."""
    sections = []
    for table in make_tables(report.rows):
        rows = [row for row in report.rows if row.workload == table.workload]
        sections.append({"table": table, "plots": _draw(rows)})
    facts = {
        "lines": describe(report),
        "sections": sections,
        "verdicts": report.verdicts,
        "failures": report.failures,
    }
    return render_to_string("benchmark/report.html", facts)


def _draw(rows: Sequence[Row]) -> list[Plot]:
    names = list(dict.fromkeys(_name(row) for row in rows))
    closed = [row for row in rows if row.offered_percent is None]
    plots = [_draw_series(f"{title}, by clients", closed, measure, names) for title, measure in _BY_CLIENTS]
    most = max(row.clients for row in closed)
    offered = [row for row in rows if row.offered_percent and row.clients == most]
    plots += [
        _draw_series(
            f"{title}, by the share of capacity offered (%), {most} clients", offered, measure, names
        )
        for title, measure in _BY_OFFER
    ]
    busiest = [row for row in closed if row.clients == most]
    plots += [_draw_processor(busiest, most), _draw_batches(busiest, most, names)]
    return [plot for plot in plots if plot.lines or plot.bars]


def _draw_series(
    title: str, rows: Sequence[Row], measure: Callable[[Row], float | None], names: Sequence[str]
) -> Plot:
    series: dict[str, list[tuple[int, float]]] = {}
    for row in rows:
        value = measure(row)
        if value is not None:
            series.setdefault(_name(row), []).append((row.offered_percent or row.clients, value))
    return draw_lines(title=title, series=series, names=names)


def _draw_processor(rows: Sequence[Row], clients: int) -> Plot:
    parts = {"Python": {_name(row): row.python_cpu_ms_per_order for row in rows}}
    database = {
        _name(row): row.database_cpu_ms_per_order for row in rows if row.database_cpu_ms_per_order is not None
    }
    if database:
        parts["database"] = database
    return draw_bars(title=f"CPU ms an order, {clients} clients", parts=parts, names=["Python", "database"])


def _draw_batches(rows: Sequence[Row], clients: int, names: Sequence[str]) -> Plot:
    """Draw the sizes of batches in classes that double."""
    parts: dict[str, dict[str, float]] = {}
    largest = max((row.batch_max or 0 for row in rows), default=0)
    edges = [2**power for power in range(largest.bit_length())]
    for row in rows:
        if row.batch_sizes:
            parts[_name(row)] = {
                f"{low}-{2 * low - 1}" if low > 1 else "1": float(
                    sum(times for size, times in row.batch_sizes.items() if low <= size < 2 * low)
                )
                for low in edges
            }
    return draw_bars(
        title=f"Shared transactions, by how many orders, {clients} clients", parts=parts, names=names
    )


def _name(row: Row) -> str:
    return f"{row.strategy}, {row.history_orders} orders" if row.history_orders else row.strategy
