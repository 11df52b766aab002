"""Orders of one hot item that arrive together are written together: the `combined` strategy.

A batch is one transaction: one INSERT each for its orders, lines and ledger rows, one guarded UPDATE for
the sum of its units, one COMMIT. What a single order is promised holds for every member: whatever goes
wrong about the batch, each member then goes its own way in its own thread, as if they had never met.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.db import IntegrityError

from inventory.combining import BatchFailed, Combiner
from inventory.contention import count, count_batch
from inventory.errors import InventoryError, StockBusy
from inventory.selectors import get_levels_by_id
from inventory.services import PlannedClaim, reserve_together
from inventory.transactions import CommitUnknown, run_in_transaction
from orders.allowances import choose_within
from orders.placement import ACTOR, Placement, make_reference, prepare_inserts
from orders.types import OrderView, PlacedOrder

logger = logging.getLogger(__name__)

# More would hold the hot row for long enough to be felt, and gain little: the commit is shared by then.
BATCH_LIMIT: Final = 64
# Who comes behind so many batches is turned away at once: he would wait longer than people do.
WAITING_LIMIT: Final = 4 * BATCH_LIMIT
PATIENCE_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class _Request:
    """One member of a batch, and what it wants of the one stock item."""

    placement: Placement
    claim: PlannedClaim


class _DoesNotFit(InventoryError):
    """All of a batch together is more than what is available."""


def place_combined(placement: Placement, claim: PlannedClaim) -> PlacedOrder | None:
    """Place an order for one stock item in the same transaction as others that want it at this moment.

    None if the batch could not: sold out, a key used before, or anything else that is for the order's own
    thread to find out. Raises StockBusy. Opens the transaction, or shares that of another thread.
    """
    request = _Request(placement, claim)
    try:
        return combiner.submit(claim.stock_item_id, request, patience_seconds=PATIENCE_SECONDS)
    except BatchFailed:
        placement.note_unknown_commit()
        return None


def _place_batch(requests: Sequence[_Request]) -> Sequence[PlacedOrder | Exception | None]:
    served: dict[int, OrderView] = {}
    try:
        # One who is over the limit with this batch would break it for all: left out, to find out alone.
        chosen = choose_within([(r.placement.allowances, r.placement.used) for r in requests])
        fitting = _place_all_or_what_fits([requests[position] for position in chosen])
        served = {chosen[position]: order for position, order in fitting.items()}
    except CommitUnknown:
        # Each member asks by its own key whether it was carried out.
        for request in requests:
            request.placement.note_unknown_commit()
    except StockBusy as busy:
        return [StockBusy(str(busy)) for _request in requests]
    except IntegrityError:
        count("batches_broken")
    except Exception:
        # What is wrong with one member must not be the answer to all.
        count("batches_broken")
        logger.exception("a batch of %d orders failed; each is placed alone", len(requests))
    return [
        PlacedOrder(served[position], replayed=False) if position in served else None
        for position in range(len(requests))
    ]


def _place_all_or_what_fits(requests: Sequence[_Request]) -> dict[int, OrderView]:
    try:
        return _place_all(requests)
    except _DoesNotFit:
        return _place_what_fits(requests)


def _place_all(requests: Sequence[_Request]) -> dict[int, OrderView]:
    orders = run_in_transaction(lambda: _write(requests))
    count_batch(len(orders))
    return dict(enumerate(orders))


def _place_what_fits(requests: Sequence[_Request]) -> dict[int, OrderView]:
    """Serve members in the order of their arrival as far as the stock goes; return orders by position.

    What is left is read without a lock, and the guarded UPDATE decides again: no row is taken out of turn.
    """
    stock_item_id = requests[0].claim.stock_item_id
    level = get_levels_by_id(ids=[stock_item_id]).get(stock_item_id)
    left = level.available if level else 0
    fitting = []
    for position, request in enumerate(requests):
        if request.claim.quantity <= left:
            fitting.append(position)
            left -= request.claim.quantity
    if not fitting:
        return {}
    try:
        served = _place_all([requests[position] for position in fitting])
    except _DoesNotFit:
        return {}
    return dict(zip(fitting, served.values(), strict=True))


def _write(requests: Sequence[_Request]) -> list[OrderView]:
    orders = [(request.placement, request.placement.make_order()) for request in requests]
    wanted = [
        (make_reference(order), request.claim.quantity)
        for request, (_placement, order) in zip(requests, orders, strict=True)
    ]
    is_there = reserve_together(
        # The last to come looked at the item last; should it have been switched since, inventory finds out.
        claim=replace(requests[-1].claim, quantity=sum(quantity for _reference, quantity in wanted)),
        wanted=wanted,
        actor=ACTOR,
        now=requests[0].placement.now,
        first=prepare_inserts(orders),
    )
    if not is_there:
        raise _DoesNotFit
    return [order for _placement, order in orders]


combiner: Combiner[_Request, PlacedOrder | None] = Combiner(
    _place_batch, batch_limit=BATCH_LIMIT, waiting_limit=WAITING_LIMIT
)
