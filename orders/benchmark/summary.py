"""From runs to rows: medians over the repeats, ratios to `raw`, and the verdict."""

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from orders.benchmark.contenders import RAW, UNLOCKED
from orders.benchmark.runner import FEWEST_TO_OVERSELL, Run


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report. Rates, latencies and CPU are medians over the repeats; counts are sums."""

    workload: str
    strategy: str
    clients: int
    processes: int
    threads_per_process: int
    repeats: int
    orders_per_second: float
    orders_per_second_min: float
    orders_per_second_max: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    refused_per_second: float
    oversold_units: int
    busy: int
    retries: int
    deadlocks: int
    lock_waits: int
    conflicts: int
    python_cpu_ms_per_order: float
    ratio_to_raw: float | None
    books_balanced: bool
    seconds_to_sell_out: float | None
    units_left: int | None


def summarise(runs: Iterable[Run]) -> list[Row]:
    """Return a row for each workload, number of clients and contender, in the order they first ran."""
    groups: dict[tuple[str, int, str], list[Run]] = {}
    for run in runs:
        groups.setdefault((run.turn.workload.name, run.turn.clients, run.turn.contender), []).append(run)
    rates = {key: _median(_rate, group) for key, group in groups.items()}
    return [_to_row(group, rates.get((key[0], key[1], RAW))) for key, group in groups.items()]


def find_failures(rows: Sequence[Row]) -> list[str]:
    """Return every reason why this benchmark failed; empty when it is sound."""
    failures = []
    for row in rows:
        where = f"{row.workload}, {row.clients} clients, {row.strategy}"
        if not row.orders_per_second:
            failures.append(f"{where}: no order was placed")
        if row.strategy == UNLOCKED:
            if row.clients >= FEWEST_TO_OVERSELL and not row.oversold_units:
                failures.append(f"{where}: void, the negative control did not oversell")
            continue
        if row.oversold_units:
            failures.append(f"{where}: oversold {row.oversold_units} units")
        elif not row.books_balanced:
            failures.append(f"{where}: orders, ledger, counters and answers do not agree")
        if row.units_left:
            failures.append(f"{where}: {row.units_left} units were left unsold")
    return failures


def _to_row(group: Sequence[Run], raw_rate: float | None) -> Row:
    first = group[0]
    rate = _median(_rate, group)
    rates = [_rate(run) for run in group]
    return Row(
        workload=first.turn.workload.name,
        strategy=first.turn.contender,
        clients=first.turn.clients,
        processes=first.processes,
        threads_per_process=math.ceil(first.turn.clients / first.processes),
        repeats=len(group),
        orders_per_second=round(rate, 1),
        orders_per_second_min=round(min(rates), 1),
        orders_per_second_max=round(max(rates), 1),
        p50_ms=_median(lambda run: _latency_ms(run, 0.50), group),
        p95_ms=_median(lambda run: _latency_ms(run, 0.95), group),
        p99_ms=_median(lambda run: _latency_ms(run, 0.99), group),
        refused_per_second=round(_median(_refusal_rate, group), 1),
        oversold_units=sum(run.audit.oversold_units for run in group),
        busy=sum(run.tally.busy for run in group),
        retries=sum(run.tally.counts["retries"] for run in group),
        deadlocks=sum(run.tally.counts["deadlocks"] for run in group),
        lock_waits=sum(run.tally.counts["lock_waits"] for run in group),
        conflicts=sum(run.tally.counts["conflicts"] for run in group),
        python_cpu_ms_per_order=round(_median(_cpu_ms, group), 3),
        ratio_to_raw=round(rate / raw_rate, 3) if raw_rate else None,
        books_balanced=all(_is_balanced(run) for run in group),
        seconds_to_sell_out=round(_median(_selling_seconds, group), 3)
        if first.turn.workload.sells_out
        else None,
        units_left=sum(run.audit.units_left for run in group) if first.turn.workload.sells_out else None,
    )


def _median(measure: Callable[[Run], float], group: Sequence[Run]) -> float:
    return float(statistics.median(measure(run) for run in group))


def _selling_seconds(run: Run) -> float:
    # A sell-out is over with its last unit; what comes after is refusals.
    end = run.tally.last_placed_at if run.turn.workload.sells_out else run.tally.ended_at
    return max(0.0, end - run.tally.started_at)


def _rate(run: Run) -> float:
    seconds = _selling_seconds(run)
    return len(run.tally.latencies) / seconds if seconds else 0.0


def _refusal_rate(run: Run) -> float:
    start = run.tally.last_placed_at if run.turn.workload.sells_out else run.tally.started_at
    seconds = run.tally.ended_at - start
    return run.tally.refusals / seconds if seconds > 0 else 0.0


def _latency_ms(run: Run, share: float) -> float:
    """Return the latency that `share` of the orders did not exceed (nearest rank)."""
    ordered = sorted(run.tally.latencies)
    return round(1000 * ordered[math.ceil(share * len(ordered)) - 1], 3) if ordered else 0.0


def _cpu_ms(run: Run) -> float:
    placed = len(run.tally.latencies)
    return 1000 * run.tally.cpu_seconds / placed if placed else 0.0


def _is_balanced(run: Run) -> bool:
    # Every success that a client was told of is in the database, and nothing else is.
    return run.audit.books_balanced and run.audit.orders == run.tally.placed_in_all
