"""What a benchmark found, as data and as tables."""

import dataclasses
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from orders.benchmark.summary import Row


@dataclass(frozen=True, slots=True)
class Report:
    """Everything there is to say about one benchmark. `tables` has the sizes behind a history."""

    server: str
    durability: dict[str, str]
    commit_ms: float
    machine: str
    measured_at: dt.datetime
    settings: dict[str, Any]
    tables: dict[str, str]
    notes: Sequence[str]
    rows: Sequence[Row]
    verdicts: Sequence[str]
    failures: Sequence[str]


@dataclass(frozen=True, slots=True)
class Table:
    """One workload's rows as text."""

    workload: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


def to_json(report: Report) -> str:
    """Return the report as JSON."""
    return json.dumps(dataclasses.asdict(report), default=str, indent=2)


# Heading, field, form; a column that is None in every row of a table is left out of it.
_COLUMNS: Final = (
    ("strategy", "strategy", "{}"),
    ("clients", "clients", "{}"),
    ("history", "history_orders", "{}"),
    ("offered %", "offered_percent", "{}"),
    ("orders/s", "orders_per_second", "{:.0f}"),
    ("min", "orders_per_second_min", "{:.0f}"),
    ("max", "orders_per_second_max", "{:.0f}"),
    ("of raw", "ratio_to_raw", "{:.2f}"),
    ("of nothing", "ratio_to_nothing", "{:.2f}"),
    ("of empty", "ratio_to_empty", "{:.2f}"),
    ("p50 ms", "p50_ms", "{:.1f}"),
    ("p95 ms", "p95_ms", "{:.1f}"),
    ("p99 ms", "p99_ms", "{:.1f}"),
    ("max ms", "max_ms", "{:.0f}"),
    ("hold p50", "hold_p50_ms", "{:.2f}"),
    ("hold p99", "hold_p99_ms", "{:.2f}"),
    ("batch", "batch_mean", "{:.1f}"),
    ("largest", "batch_max", "{}"),
    ("CPU py", "python_cpu_ms_per_order", "{:.2f}"),
    ("CPU db", "database_cpu_ms_per_order", "{:.2f}"),
    ("oversold", "oversold_units", "{}"),
    ("refused/s", "refused_per_second", "{:.0f}"),
    ("refusal p50", "refusal_p50_ms", "{:.1f}"),
    ("refusal p99", "refusal_p99_ms", "{:.1f}"),
    ("unserved/s", "unserved_per_second", "{:.0f}"),
    ("busy", "busy", "{}"),
    ("retries", "retries", "{}"),
    ("conflicts", "conflicts", "{}"),
    ("deadlocks", "deadlocks", "{}"),
    ("lock waits", "lock_waits", "{}"),
    ("paid", "paid", "{}"),
    ("cancelled", "cancelled", "{}"),
    ("expired", "expired", "{}"),
    ("sold out s", "seconds_to_sell_out", "{:.2f}"),
    ("left", "units_left", "{}"),
)


def make_tables(rows: Sequence[Row]) -> list[Table]:
    """Return a table for each workload; a dash is what does not apply."""
    return [
        _make_table(workload, [row for row in rows if row.workload == workload])
        for workload in dict.fromkeys(row.workload for row in rows)
    ]


def _make_table(workload: str, rows: Sequence[Row]) -> Table:
    columns = [column for column in _COLUMNS if any(getattr(row, column[1]) is not None for row in rows)]
    if not any(row.history_orders for row in rows):
        columns = [column for column in columns if column[1] != "history_orders"]
    cells = [[_to_cell(getattr(row, name), form) for _heading, name, form in columns] for row in rows]
    return Table(workload, [heading for heading, _name, _form in columns], cells)


def _to_cell(value: object, form: str) -> str:
    return "-" if value is None else form.format(value)


def to_text(report: Report) -> str:
    """Return the report for a terminal."""
    lines = [*describe(report)]
    for table in make_tables(report.rows):
        grid = [list(table.headings), *table.rows]
        widths = [max(len(cells[column]) for cells in grid) for column in range(len(table.headings))]
        lines += ["", table.workload]
        lines += [
            "  " + "  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
            for cells in grid
        ]
    lines += ["", *report.verdicts, "", *(f"FAILED: {failure}" for failure in report.failures)]
    return "\n".join(lines).rstrip()


def describe(report: Report) -> list[str]:
    """Return what was measured on, a line each."""
    lines = [
        f"server      {report.server}",
        f"durability  {_join(report.durability)}; a one-row commit took {report.commit_ms:.2f} ms",
        f"machine     {report.machine}",
        f"runs        {_join(report.settings)}",
        f"measured    {report.measured_at:%Y-%m-%d %H:%M} UTC",
    ]
    if report.tables:
        lines.append(f"history     {_join(report.tables)}")
    return [*lines, *(f"note        {note}" for note in report.notes)]


def _join(facts: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in facts.items())
