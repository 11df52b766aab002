"""From runs to rows: medians over the repeats, and ratios to `raw` and to an empty database."""

import dataclasses
import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from orders.benchmark.contenders import DO_NOTHING, RAW
from orders.benchmark.plan import Turn
from orders.benchmark.runner import Run
from orders.benchmark.workloads import Way


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report. Rates, latencies and CPU are medians over the repeats; counts are sums.

    None is what does not apply, or could not be seen from here.
    """

    workload: str
    strategy: str
    clients: int
    processes: int
    threads_per_process: int
    repeats: int
    # Orders in the database before the first run.
    history_orders: int
    # Of the rate of the row without it: an open loop.
    offered_percent: int | None
    orders_placed: int
    orders_per_second: float
    orders_per_second_min: float
    orders_per_second_max: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float
    refused_per_second: float
    refusal_p50_ms: float | None
    refusal_p99_ms: float | None
    unserved_per_second: float | None
    oversold_units: int
    busy: int
    retries: int
    deadlocks: int
    lock_waits: int
    conflicts: int
    given_up: int
    # From the answer to a claim to the answer to its COMMIT.
    hold_p50_ms: float | None
    hold_p99_ms: float | None
    # Orders that shared a transaction: on average, at most, and how many transactions were of which size.
    batch_mean: float | None
    batch_max: int | None
    batch_sizes: dict[int, int]
    python_cpu_ms_per_order: float
    database_cpu_ms_per_order: float | None
    paid: int | None
    cancelled: int | None
    expired: int | None
    ratio_to_raw: float | None
    ratio_to_nothing: float | None
    ratio_to_empty: float | None
    books_balanced: bool
    seconds_to_sell_out: float | None
    units_left: int | None


def summarise(runs: Iterable[Run]) -> list[Row]:
    """Return a row for each turn, whatever its repeats, in the order they first ran."""
    groups: dict[Turn, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.turn.row, []).append(run)
    rates = {turn: _median(lambda run: run.orders_per_second, group) for turn, group in groups.items()}
    return [_to_row(turn, group, rates) for turn, group in groups.items()]


def _to_row(turn: Turn, group: Sequence[Run], rates: dict[Turn, float]) -> Row:
    each = [run.orders_per_second for run in group]
    empty = dataclasses.replace(turn, history=0)
    return Row(
        workload=turn.workload.name,
        strategy=turn.contender,
        clients=turn.clients,
        processes=group[0].processes,
        threads_per_process=math.ceil(turn.clients / group[0].processes),
        repeats=len(group),
        history_orders=turn.history,
        offered_percent=turn.offered_percent,
        orders_placed=sum(len(run.tally.latencies) for run in group),
        orders_per_second=round(rates[turn], 1),
        orders_per_second_min=round(min(each), 1),
        orders_per_second_max=round(max(each), 1),
        refused_per_second=round(_median(_refusal_rate, group), 1),
        oversold_units=sum(run.audit.oversold_units for run in group),
        busy=sum(run.tally.busy for run in group),
        python_cpu_ms_per_order=round(_median(_python_cpu_ms, group), 3),
        database_cpu_ms_per_order=_median_of_known(_database_cpu_ms, group),
        ratio_to_raw=_find_ratio(turn, rates, dataclasses.replace(turn, contender=RAW)),
        ratio_to_nothing=_find_ratio(turn, rates, dataclasses.replace(turn, contender=DO_NOTHING)),
        ratio_to_empty=_find_ratio(turn, rates, empty) if turn.history else None,
        books_balanced=all(_is_balanced(run) for run in group),
        **_measure_latencies(group),
        **_sum_contention(group),
        **_measure_batches(group),
        **_describe_way(turn, group),
    )


def _find_ratio(turn: Turn, rates: dict[Turn, float], other: Turn) -> float | None:
    # What an open loop offers is a share of the contender's own capacity: nothing to compare.
    if turn.offered_percent or not rates.get(other):
        return None
    return round(rates[turn] / rates[other], 3)


def _measure_latencies(group: Sequence[Run]) -> dict[str, Any]:
    latencies = {
        f"{name}_ms": _median(lambda run: _find_quantile(run.tally.latencies, share) or 0.0, group)  # noqa: B023
        for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))
    }
    holds = {
        f"hold_{name}_ms": _median_of_known(lambda run: _find_quantile(run.tally.holds, share), group)  # noqa: B023
        for name, share in (("p50", 0.5), ("p99", 0.99))
    }
    refusals = {
        f"refusal_{name}_ms": _median_of_known(lambda run: _find_quantile(run.tally.refusals, share), group)  # noqa: B023
        for name, share in (("p50", 0.5), ("p99", 0.99))
    }
    return {**latencies, **holds, **refusals}


def _sum_contention(group: Sequence[Run]) -> dict[str, Any]:
    names = ("retries", "deadlocks", "lock_waits", "conflicts", "given_up")
    return {name: sum(run.tally.counts[name] for run in group) for name in names}


def _measure_batches(group: Sequence[Run]) -> dict[str, Any]:
    sizes: Counter[int] = Counter()
    for run in group:
        sizes += run.tally.batches
    transactions = sum(sizes.values())
    return {
        "batch_mean": round(sum(size * times for size, times in sizes.items()) / transactions, 2)
        if transactions
        else None,
        "batch_max": max(sizes, default=None),
        "batch_sizes": dict(sorted(sizes.items())),
    }


def _describe_way(turn: Turn, group: Sequence[Run]) -> dict[str, Any]:
    """Return what only some ways of buying have."""
    way = turn.workload.way
    facts: dict[str, Any] = {
        name: sum(run.tally.counts[name] for run in group) if way is Way.LIFE else None
        for name in ("paid", "cancelled", "expired")
    }
    is_open = turn.offered_percent is not None
    return {
        **facts,
        "unserved_per_second": round(_median(_unserved_rate, group), 1) if is_open else None,
        "seconds_to_sell_out": round(_median(_selling_seconds, group), 3) if way is Way.SELLOUT else None,
        "units_left": sum(run.audit.units_left for run in group) if way is Way.SELLOUT else None,
    }


def _median(measure: Callable[[Run], float], group: Sequence[Run]) -> float:
    return float(statistics.median(measure(run) for run in group))


def _median_of_known(measure: Callable[[Run], float | None], group: Sequence[Run]) -> float | None:
    known = [value for run in group if (value := measure(run)) is not None]
    return round(statistics.median(known), 3) if known else None


def _selling_seconds(run: Run) -> float:
    return max(0.0, run.tally.last_placed_at - run.tally.started_at)


def _refusal_rate(run: Run) -> float:
    start = run.tally.last_placed_at if run.turn.workload.sells_out else run.tally.started_at
    seconds = run.tally.ended_at - start
    return len(run.tally.refusals) / seconds if seconds > 0 else 0.0


def _unserved_rate(run: Run) -> float:
    return run.tally.unserved / (run.tally.ended_at - run.tally.started_at)


def _find_quantile(seconds: Sequence[float], share: float) -> float | None:
    """Return, in milliseconds, what `share` of the values did not exceed (nearest rank)."""
    ordered = sorted(seconds)
    return round(1000 * ordered[math.ceil(share * len(ordered)) - 1], 3) if ordered else None


def _python_cpu_ms(run: Run) -> float:
    placed = len(run.tally.latencies)
    return 1000 * run.tally.cpu_seconds / placed if placed else 0.0


def _database_cpu_ms(run: Run) -> float | None:
    placed, seconds = len(run.tally.latencies), run.tally.database_cpu_seconds
    return 1000 * seconds / placed if placed and seconds is not None else None


def _is_balanced(run: Run) -> bool:
    # Every success that a client was told of is in the database, and nothing else is.
    told = (run.tally.placed_in_all, run.tally.paid_in_all)
    return run.audit.books_balanced and told == (run.audit.orders, run.audit.paid_orders)
