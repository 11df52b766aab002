"""Orders of one hot item that arrive together are written together: the `combined` strategy.

A batch is one transaction: one INSERT each for its orders, lines and ledger rows, one guarded UPDATE for
the sum of its units, one COMMIT. What a single order is promised holds for every member: if anything about
the batch goes wrong, its members are placed one by one, as if they had never met.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import IntegrityError

from inventory.combining import Combiner
from inventory.errors import InventoryError, OutOfStock
from inventory.services import PlannedClaim, lock_available, reserve_together
from inventory.transactions import CommitUnknown, run_in_transaction
from inventory.types import Shortfall
from orders.errors import OrderError
from orders.placement import ACTOR, Placement, make_reference, prepare_inserts
from orders.types import OrderView, PlacedOrder

# More would hold the hot row for long enough to be felt, and gain little: the commit is shared by then.
BATCH_LIMIT: Final = 64
PATIENCE_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class _Request:
    """One member of a batch, and what it wants of the one stock item."""

    placement: Placement
    claim: PlannedClaim


_Outcome = PlacedOrder | BaseException


class _DoesNotFit(InventoryError):
    """All of a batch together is more than what is available."""


def place_combined(placement: Placement, claim: PlannedClaim) -> PlacedOrder:
    """Place an order for one stock item in the same transaction as others that want it at this moment.

    Raises what `place_order` raises. Opens the transaction, or shares that of another thread.
    """
    return _combiner.submit(
        claim.stock_item_id, _Request(placement, claim), patience_seconds=PATIENCE_SECONDS
    )


def _place_batch(requests: Sequence[_Request]) -> list[_Outcome]:
    if len(requests) == 1:
        return [_place_alone(requests[0])]
    try:
        orders = run_in_transaction(lambda: _write(requests))
    except _DoesNotFit:
        return _place_what_fits(requests)
    except (IntegrityError, CommitUnknown):
        # A key used before, two ids alike, or a COMMIT nobody knows of: each member finds out by its own key.
        return [_place_alone(request) for request in requests]
    return [PlacedOrder(order, replayed=False) for order in orders]


def _write(requests: Sequence[_Request]) -> list[OrderView]:
    orders = [(request.placement, request.placement.make_order()) for request in requests]
    wanted = [
        (make_reference(order), request.claim.quantity)
        for request, (_placement, order) in zip(requests, orders, strict=True)
    ]
    is_there = reserve_together(
        stock_item_id=requests[0].claim.stock_item_id,
        wanted=wanted,
        actor=ACTOR,
        now=requests[0].placement.now,
        first=prepare_inserts(orders),
    )
    if not is_there:
        raise _DoesNotFit
    return [order for _placement, order in orders]


def _place_what_fits(requests: Sequence[_Request]) -> list[_Outcome]:
    """Serve the members in the order of their arrival, as far as the stock goes; refuse the others."""

    def place() -> tuple[dict[int, OrderView], int]:
        # The row is locked first here, so that what fits cannot change; it happens once or twice in a
        # sell-out.
        left = lock_available(stock_item_id=requests[0].claim.stock_item_id)
        fitting = []
        for position, request in enumerate(requests):
            if request.claim.quantity <= left:
                fitting.append(position)
                left -= request.claim.quantity
        orders = _write([requests[position] for position in fitting]) if fitting else []
        return dict(zip(fitting, orders, strict=True)), left

    try:
        served, left = run_in_transaction(place)
    except (IntegrityError, CommitUnknown):
        return [_place_alone(request) for request in requests]
    return [
        PlacedOrder(served[position], replayed=False) if position in served else _refuse(request, left)
        for position, request in enumerate(requests)
    ]


def _refuse(request: _Request, left: int) -> _Outcome:
    # Its own order may have taken the units: a retry gets that order, not a refusal.
    try:
        replay = request.placement.find_replay()
    except OrderError as error:
        return error
    return replay or OutOfStock([Shortfall(request.claim.sku, request.claim.quantity, left)])


def _place_alone(request: _Request) -> _Outcome:
    try:
        return request.placement.run([request.claim])
    except Exception as error:
        return error


_combiner: Combiner[_Request, PlacedOrder] = Combiner(_place_batch, batch_limit=BATCH_LIMIT)
