"""What is wrong with a benchmark's numbers, and what they say."""

from collections.abc import Iterator, Sequence
from typing import Final

from orders.benchmark.contenders import DO_NOTHING, RAW, REFERENCES, UNLOCKED
from orders.benchmark.plan import FEWEST_TO_OVERSELL
from orders.benchmark.summary import Row

# Aims, not promises: they are printed beside what was reached, and fail nothing.
_OF_BEST_AT_MOST_CLIENTS: Final = 0.9
_OF_RAW_ALONE: Final = 0.8
_OF_RAW_TOGETHER: Final = 1.0
_OF_EMPTY: Final = 0.9


def find_failures(rows: Sequence[Row]) -> list[str]:
    """Return every reason why this benchmark failed; empty when it is sound."""
    failures = []
    for row in rows:
        where = _locate(row)
        if not row.orders_per_second:
            failures.append(f"{where}: no order was placed")
        if row.strategy == UNLOCKED:
            if _is_harmless(row):
                failures.append(f"{where}: void, the negative control did not oversell")
            continue
        if row.oversold_units:
            failures.append(f"{where}: oversold {row.oversold_units} units")
        elif not row.books_balanced:
            failures.append(f"{where}: orders, ledger, counters and answers do not agree")
        if row.units_left:
            failures.append(f"{where}: {row.units_left} units were left unsold")
    return failures


def _is_harmless(control: Row) -> bool:
    if control.clients < FEWEST_TO_OVERSELL or control.offered_percent:
        # Too few at once, or too rarely two at once, to be sure of a lost update.
        return False
    if control.paid is not None:
        # Lost cancellations hide lost sales, but nothing hides that the books are wrong.
        return control.books_balanced
    return not control.oversold_units


def draw_verdicts(rows: Sequence[Row]) -> list[str]:
    """Return a line for each thing the numbers are measured for, with what is aimed at."""
    # An open loop's capacity is measured for its own sake; what it says of strategies, `hot` says.
    open_loops = {row.workload for row in rows if row.offered_percent}
    closed = [row for row in rows if row.workload not in open_loops]
    groups: dict[tuple[str, int], list[Row]] = {}
    for row in closed:
        groups.setdefault((row.workload, row.history_orders), []).append(row)
    verdicts: list[str] = []
    for group in groups.values():
        others = (*REFERENCES, DO_NOTHING)
        strategies = dict.fromkeys(row.strategy for row in group if row.strategy not in others)
        raw = max((row.orders_per_second for row in group if row.strategy == RAW), default=0.0)
        for strategy in strategies:
            verdicts += _judge([row for row in group if row.strategy == strategy], raw)
    return verdicts


def _judge(rows: Sequence[Row], raw: float) -> Iterator[str]:
    """Judge one strategy in one workload, all numbers of clients."""
    best = max(rows, key=lambda row: row.orders_per_second)
    most = max(rows, key=lambda row: row.clients)
    where = f"{_locate_workload(best)}, {best.strategy}"
    if raw:
        aim = _OF_RAW_TOGETHER if best.batch_mean else _OF_RAW_ALONE
        yield _say(
            f"{where}: at best {best.orders_per_second:.0f} orders/s ({best.clients} clients), of raw's best",
            best.orders_per_second / raw,
            aim,
        )
    if len(rows) > 1 and best.orders_per_second:
        factor = most.orders_per_second / best.orders_per_second
        yield _say(f"{where}: of its best rate at {most.clients} clients", factor, _OF_BEST_AT_MOST_CLIENTS)
    ratios = [row.ratio_to_empty for row in rows if row.ratio_to_empty is not None]
    if ratios:
        yield _say(f"{where}: of its rate in an empty database, at worst", min(ratios), _OF_EMPTY)


def _say(what: str, reached: float, aim: float) -> str:
    return f"{what} {reached:.2f} (aim {aim:.1f}, {'reached' if reached >= aim else 'missed'})"


def _locate(row: Row) -> str:
    return f"{_locate_workload(row)}, {row.clients} clients, {row.strategy}"


def _locate_workload(row: Row) -> str:
    parts = [row.workload]
    if row.history_orders:
        parts.append(f"{row.history_orders} orders there already")
    if row.offered_percent:
        parts.append(f"offered {row.offered_percent} %")
    return ", ".join(parts)
