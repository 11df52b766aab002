"""Does the ledger hold exactly what the orders promise? Run inside `consistent_snapshot`."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from inventory.selectors import get_levels_by_id, list_reservations, list_reserving_references
from inventory.types import Finding
from orders.allowances import list_disagreements
from orders.models import Order
from orders.points.books import check_points
from orders.states import OrderStatus

_CHUNK = 1000
# What must have become of an order's reservation, by its status. A refund returns what had not been shipped.
_SETTLED_BY: dict[str, set[frozenset[str]]] = {
    OrderStatus.PENDING: {frozenset()},
    OrderStatus.PAID: {frozenset()},
    OrderStatus.FULFILLED: {frozenset({"ship"})},
    OrderStatus.CANCELLED: {frozenset({"release"})},
    OrderStatus.REFUNDED: {frozenset({"release"}), frozenset({"ship"})},
}


def check_orders(*, report_progress: Callable[[int], None] = lambda count: None) -> Iterator[Finding]:
    """Yield every disagreement of orders and ledger; `report_progress` hears how many orders were seen."""
    seen, after = 0, 0
    while orders := list(
        Order.objects.filter(id__gt=after).order_by("id").prefetch_related("lines", "adjustments")[:_CHUNK]
    ):
        yield from _check_chunk(orders)
        seen, after = seen + len(orders), orders[-1].id
        report_progress(seen)
    yield from _find_reservations_without_order()
    yield from _check_allowances()
    yield from check_points()


def _check_allowances() -> Iterator[Finding]:
    for key, held, counted in list_disagreements():
        yield Finding(
            "allowance-differs-from-orders", key, "units of orders that count against it", held, counted
        )


def _check_chunk(orders: Sequence[Order]) -> Iterator[Finding]:
    booked = list_reservations(references=[order.stock_reference for order in orders])
    by_reference: dict[str, set[int]] = {}
    for reference, stock_item_id in booked:
        by_reference.setdefault(reference, set()).add(stock_item_id)
    for order in orders:
        yield from _check_order(order, booked, by_reference.get(order.stock_reference, set()))


def _check_order(
    order: Order, booked: dict[tuple[str, int], dict[str, int]], items: set[int]
) -> Iterator[Finding]:
    wanted: Counter[int] = Counter()
    total = sum(adjustment.amount for adjustment in order.adjustments.all())
    for line in order.lines.all():
        wanted[line.stock_item_id] += line.quantity - line.withdrawn_quantity
        total += line.quantity * line.unit_price
    if not wanted:
        yield Finding("order-without-lines", order.number, f"order row {order.id}", "at least one line", 0)
    if total != order.total_amount:
        yield Finding(
            "total-differs-from-lines", order.number, f"order row {order.id}", total, order.total_amount
        )
    for item_id in sorted(wanted.keys() | items):
        units = booked.get((order.stock_reference, item_id), {})
        if units.get("reserve", 0) != wanted[item_id]:
            detail = f"order {order.number} ({order.status}): reserve row of {order.stock_reference}"
            yield Finding(
                "reserved-differs-from-order",
                _name_item(item_id),
                detail,
                wanted[item_id],
                units.get("reserve", 0),
            )
        if not wanted[item_id] and not units.get("reserve"):
            continue  # all of it was refunded before it left
        settled = frozenset(units) & {"release", "ship"}
        if settled not in _SETTLED_BY[order.status]:
            detail = f"order {order.number} is {order.status}"
            expected = " or ".join(
                "+".join(sorted(kinds)) or "nothing" for kinds in _SETTLED_BY[order.status]
            )
            yield Finding(
                "settled-differs-from-status",
                _name_item(item_id),
                detail,
                expected,
                "+".join(sorted(settled)) or "nothing",
            )


def _name_item(stock_item_id: int) -> str:
    """Return the SKU, by which findings about one item are recognised as such."""
    level = get_levels_by_id(ids=[stock_item_id]).get(stock_item_id)
    return level.sku if level else f"#{stock_item_id}"


def _find_reservations_without_order() -> Iterator[Finding]:
    after = "order:"
    while references := list_reserving_references(after=after, limit=_CHUNK):
        yield from _find_unheld([reference for reference in references if reference.startswith("order:")])
        after = references[-1]
        if not after.startswith("order:"):
            return


def _find_unheld(references: Sequence[str]) -> Iterator[Finding]:
    numbers = {reference: reference.removeprefix("order:").partition("/")[0] for reference in references}
    held = dict(Order.objects.filter(number__in=numbers.values()).values_list("number", "stock_reference"))
    # An order revived by late money holds its second reservation; the first must have been released.
    others = [reference for reference in references if held.get(numbers[reference]) != reference]
    open_ones = {
        reference
        for (reference, _item), units in list_reservations(references=others).items()
        if units.get("release") != units.get("reserve")
    }
    for reference in others:
        number = numbers[reference]
        if number not in held or reference in open_ones:
            expected = "released" if number in held else "an order"
            yield Finding(
                "reservation-without-order", number, f"ledger reference {reference}", expected, "none"
            )
