"""Checking a run against the database, after the last order."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, TypeVar

from inventory.selectors import get_levels_by_id, list_reservations
from inventory.types import StockLevel
from orders.models import Order, OrderLine
from orders.replay.stocking import stock_reference
from orders.replay.types import Audit, Job, StockedItem
from orders.states import OrderStatus

T = TypeVar("T")

_LIVE: Final = (OrderStatus.PENDING, OrderStatus.PAID, OrderStatus.FULFILLED)
_CHUNK: Final = 500
_MAX_PROBLEMS: Final = 20

# Units by (ledger reference, stock item id).
Units = Counter[tuple[str, int]]


def audit_run(
    *, run: str, scope: str, items: Collection[StockedItem], placed: int, refused: Sequence[Job]
) -> Audit:
    """Compare orders, ledger and counters of one run.

    Reads only; nothing may be selling these items any more.
    """
    promised = _read_promised(scope)
    booked = _read_reserved([reference for reference, _item in promised])
    levels = _read_levels(items)
    sold, reserved = _sum_by_item(promised), _sum_by_item(booked)
    started = {item.id: item.on_hand for item in items}
    problems = [
        *_compare_orders(scope, placed, promised, booked),
        *_compare_counters(run, items, levels, reserved),
    ]
    return Audit(
        units_sold=sum(sold.values()),
        # Whichever of orders and ledger promises more: an oversale that only one of them shows is one.
        oversold_units=sum(max(0, max(sold[id_], reserved[id_]) - units) for id_, units in started.items()),
        false_refusals=sum(_would_fit(job, levels) for job in refused),
        problems=tuple(problems[:_MAX_PROBLEMS]),
    )


def _read_promised(scope: str) -> Units:
    rows = OrderLine.objects.filter(order__idempotency_scope=scope, order__status__in=_LIVE).values_list(
        "order__stock_reference", "stock_item_id", "quantity"
    )
    promised: Units = Counter()
    for reference, stock_item_id, quantity in rows.iterator():
        promised[reference, stock_item_id] += quantity
    return promised


def _read_reserved(references: Sequence[str]) -> Units:
    """Return what the ledger holds for these orders and has not given back."""
    reserved: Units = Counter()
    for chunk in _chunk(sorted(set(references))):
        for key, units in list_reservations(references=chunk).items():
            reserved[key] += units.get("reserve", 0) - units.get("release", 0)
    return reserved


def _read_levels(items: Collection[StockedItem]) -> dict[int, StockLevel]:
    levels: dict[int, StockLevel] = {}
    for chunk in _chunk([item.id for item in items]):
        levels |= get_levels_by_id(ids=chunk)
    return levels


def _sum_by_item(units: Units) -> Counter[int]:
    totals: Counter[int] = Counter()
    for (_reference, stock_item_id), quantity in units.items():
        totals[stock_item_id] += quantity
    return totals


def _compare_orders(scope: str, placed: int, promised: Units, booked: Units) -> Iterator[str]:
    found = Order.objects.filter(idempotency_scope=scope, status__in=_LIVE).count()
    if found != placed:
        yield f"{placed} orders were confirmed to their buyers, {found} are in the database"
    for key in sorted(promised.keys() | booked.keys()):
        if promised[key] != booked[key]:
            reference, stock_item_id = key
            yield f"{reference}, stock item {stock_item_id}: ordered {promised[key]}, reserved {booked[key]}"


def _compare_counters(
    run: str, items: Collection[StockedItem], levels: Mapping[int, StockLevel], reserved: Counter[int]
) -> Iterator[str]:
    reference = stock_reference(run)
    booked = list_reservations(references=[reference])
    for item in items:
        level = levels[item.id]
        received = booked.get((reference, item.id), {}).get("receive", 0)
        due = (item.on_hand, item.on_hand - reserved[item.id])
        if received != item.on_hand or (level.on_hand, level.available) != due:
            yield (
                f"{item.sku}: on hand {level.on_hand}, available {level.available}; "
                f"the ledger has {received} received, {reserved[item.id]} reserved"
            )


def _would_fit(job: Job, levels: Mapping[int, StockLevel]) -> bool:
    """Say whether the order could be placed even now: stock only falls during a run."""
    wanted: Counter[int] = Counter()
    for line in job.draft.lines:
        wanted[line.stock_item_id] += line.quantity
    return all(quantity <= levels[stock_item_id].available for stock_item_id, quantity in wanted.items())


def _chunk(values: Sequence[T]) -> Iterator[list[T]]:
    iterator = iter(values)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk
