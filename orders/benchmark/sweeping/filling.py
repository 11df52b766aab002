"""Unpaid orders past their deadline, many of them, for one stock item."""

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Final

from inventory.services import PlannedClaim, reserve_together
from inventory.transactions import run_in_transaction
from inventory.types import StockLevel
from orders.benchmark.sellers import EMAIL, PRICE, SCOPE
from orders.placement import ACTOR, Placement, make_reference, prepare_inserts
from orders.types import Allowance, LineDraft, OrderDraft

_AT_ONCE: Final = 500
_ADDRESSES: Final = 5_000


def fill_overdue(
    *,
    item: StockLevel,
    orders: int,
    allowances: int,
    now: dt.datetime,
    report_progress: Callable[[str], None],
) -> None:
    """Place orders of one unit whose deadlines have passed, each with so many allowances of its own.

    Written as a shop writes a batch of orders. Opens transactions of its own.
    """
    for first in range(0, orders, _AT_ONCE):
        drafts = [
            _draft(item, number, allowances=allowances, now=now)
            for number in range(first, min(first + _AT_ONCE, orders))
        ]
        _place(drafts, item, now=now)
        if first % (20 * _AT_ONCE) == 0:
            report_progress(f"{first} of {orders} overdue orders written")


def _draft(item: StockLevel, number: int, *, allowances: int, now: dt.datetime) -> OrderDraft:
    return OrderDraft(
        email=EMAIL,
        currency="USD",
        lines=(LineDraft(item.id, item.sku, item.sku, PRICE, 1),),
        # A flood is overdue within minutes, as it was bought.
        payment_due_at=now - dt.timedelta(minutes=10) + dt.timedelta(milliseconds=number),
        allowances=tuple(Allowance(f"sale:1:{index}:{number}", 1, 1) for index in range(allowances)),
        client_address=f"2001:db8:0:{number % _ADDRESSES:x}::/64",
    )


def _place(drafts: list[OrderDraft], item: StockLevel, *, now: dt.datetime) -> None:
    placed_at = now - dt.timedelta(minutes=25)
    placements = [Placement(draft, SCOPE, uuid.uuid4().hex, "", placed_at) for draft in drafts]
    orders = [(placement, placement.make_order()) for placement in placements]

    def write() -> None:
        reserve_together(
            claim=PlannedClaim(item.id, item.sku, len(orders), item.locking_strategy),
            wanted=[(make_reference(order), 1) for _placement, order in orders],
            actor=ACTOR,
            now=placed_at,
            first=prepare_inserts(orders),
        )

    run_in_transaction(write)
