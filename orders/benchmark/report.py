"""What a benchmark found, as data, as a table for a terminal, and as one HTML page."""

import dataclasses
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string

from orders.benchmark.plots import draw_lines
from orders.benchmark.summary import Row


@dataclass(frozen=True, slots=True)
class Report:
    """Everything there is to say about one benchmark."""

    server: str
    durability: dict[str, str]
    machine: str
    measured_at: dt.datetime
    settings: dict[str, Any]
    rows: Sequence[Row]
    failures: Sequence[str]


def to_json(report: Report) -> str:
    """Return the report as JSON."""
    return json.dumps(dataclasses.asdict(report), default=str, indent=2)


_COLUMNS = (
    ("strategy", "strategy", "{}"),
    ("clients", "clients", "{}"),
    ("orders/s", "orders_per_second", "{:.0f}"),
    ("min", "orders_per_second_min", "{:.0f}"),
    ("max", "orders_per_second_max", "{:.0f}"),
    ("of raw", "ratio_to_raw", "{:.2f}"),
    ("p50 ms", "p50_ms", "{:.2f}"),
    ("p95 ms", "p95_ms", "{:.2f}"),
    ("p99 ms", "p99_ms", "{:.2f}"),
    ("CPU ms/order", "python_cpu_ms_per_order", "{:.2f}"),
    ("refused/s", "refused_per_second", "{:.0f}"),
    ("oversold", "oversold_units", "{}"),
    ("busy", "busy", "{}"),
    ("retries", "retries", "{}"),
    ("deadlocks", "deadlocks", "{}"),
    ("sold out s", "seconds_to_sell_out", "{:.2f}"),
)
HEADINGS = tuple(heading for heading, _name, _form in _COLUMNS)


def to_cells(row: Row) -> list[str]:
    """Return one row as text, a cell for each of HEADINGS; a dash for what does not apply."""
    values = [(getattr(row, name), form) for _heading, name, form in _COLUMNS]
    return ["-" if value is None else form.format(value) for value, form in values]


def to_table(report: Report) -> str:
    """Return the report for a terminal."""
    lines = [*_describe(report)]
    for workload in dict.fromkeys(row.workload for row in report.rows):
        table = [list(HEADINGS), *(to_cells(row) for row in report.rows if row.workload == workload)]
        widths = [max(len(cells[column]) for cells in table) for column in range(len(HEADINGS))]
        lines += ["", workload]
        lines += [
            "  " + "  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
            for cells in table
        ]
    lines += ["", *(f"FAILED: {failure}" for failure in report.failures)]
    return "\n".join(lines).rstrip()


def to_html(report: Report) -> str:
    """Return the report as one page that needs nothing else."""
    sections = []
    for workload in dict.fromkeys(row.workload for row in report.rows):
        rows = [row for row in report.rows if row.workload == workload]
        plots = [
            draw_lines(title=title, series=_group_by_strategy(rows, name))
            for title, name in (("Orders per second", "orders_per_second"), ("p95 latency, ms", "p95_ms"))
        ]
        sections.append({"name": workload, "rows": [to_cells(row) for row in rows], "plots": plots})
    facts = {
        "lines": list(_describe(report)),
        "sections": sections,
        "headings": HEADINGS,
        "failures": report.failures,
    }
    return render_to_string("benchmark/report.html", facts)


def _group_by_strategy(rows: Sequence[Row], name: str) -> dict[str, list[tuple[int, float]]]:
    series: dict[str, list[tuple[int, float]]] = {}
    for row in rows:
        series.setdefault(row.strategy, []).append((row.clients, getattr(row, name)))
    return series


def _describe(report: Report) -> tuple[str, ...]:
    durability = ", ".join(f"{name}={value}" for name, value in report.durability.items())
    settings = ", ".join(f"{name}={value}" for name, value in report.settings.items())
    return (
        f"server      {report.server}",
        f"durability  {durability}",
        f"machine     {report.machine}",
        f"runs        {settings}",
        f"measured    {report.measured_at:%Y-%m-%d %H:%M} UTC",
    )
