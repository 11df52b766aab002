"""Placing an order: look first, stand in line, then write it, alone or together with others."""

import datetime as dt

from inventory.errors import OutOfStock
from inventory.lines import InLine
from inventory.services import plan_reservation
from inventory.types import MAX_QUANTITY, Demand
from orders.batches import place_combined
from orders.brakes import require_room_for_unpaid
from orders.errors import AllowanceExceeded, InvalidOrder, PointsMissing, TooManyUnpaid
from orders.placement import Placement
from orders.types import (
    MAX_ADDRESS_LENGTH,
    MAX_AMOUNT,
    MAX_KEY_LENGTH,
    MAX_LANGUAGE_LENGTH,
    MAX_LINES,
    MAX_SCOPE_LENGTH,
    NO_UNPAID_LIMITS,
    OrderDraft,
    PlacedOrder,
    UnpaidLimits,
)


def place_order(
    *,
    draft: OrderDraft,
    idempotency_scope: str,
    idempotency_key: str,
    fingerprint: str = "",
    unpaid_limits: UnpaidLimits = NO_UNPAID_LIMITS,
    now: dt.datetime,
) -> PlacedOrder:
    """Place an order and reserve its units, or change nothing.

    The same key in the same scope gives the same order, also after a lost connection or at the same time;
    `fingerprint` tells whether it is the same request. Raises OutOfStock, AllowanceExceeded,
    PointsMissing, TooManyUnpaid, StockBusy, IdempotencyKeyReused, InvalidOrder, UnknownSku, InvalidQuantity.
    Opens its own transaction, or shares one with other orders.
    """
    _require_usable(draft)
    if len(idempotency_scope) > MAX_SCOPE_LENGTH or len(idempotency_key) > MAX_KEY_LENGTH:
        raise InvalidOrder(f"an idempotency key has at most {MAX_KEY_LENGTH} characters")
    placement = Placement(draft, idempotency_scope, idempotency_key, fingerprint, now)
    demands = [Demand(line.stock_item_id, line.quantity) for line in draft.lines]
    try:
        claims = plan_reservation(demands=demands)
        require_room_for_unpaid(draft=draft, limits=unpaid_limits, now=now)
        placement.look_at_customer()
        # Those who may share a transaction wait for the next one, in a line of their own (orders.batches),
        # but not those who spend points: one who has too few would break it for all.
        if is_shared := len(claims) == 1 and claims[0].combines and not draft.points:
            if placed := place_combined(placement, claims[0]):
                return placed
            # Not served with the others: look again, and go on alone.
            claims = plan_reservation(demands=demands, look=True)
            placement.look_at_customer()
        with InLine(
            [claim.stock_item_id for claim in claims],
            one_by_one=[claim.stock_item_id for claim in claims if claim.is_a_race],
            is_expected=is_shared,
        ) as may_be_gone:
            if may_be_gone:
                # Those ahead were refused: to be refused too needs no transaction.
                claims = plan_reservation(demands=demands, look=True)
            return placement.run(claims)
    except (OutOfStock, AllowanceExceeded, PointsMissing, TooManyUnpaid):
        # Taken meanwhile, perhaps by this very request: its retry must get its order, not a refusal.
        if replay := placement.find_replay():
            return replay
        raise


def _require_usable(draft: OrderDraft) -> None:
    if not draft.lines:
        raise InvalidOrder("an order needs at least one line")
    if len(draft.lines) > MAX_LINES:
        raise InvalidOrder(f"an order has at most {MAX_LINES} lines")
    for line in draft.lines:
        # Quantities are inventory's to judge; a price is refused here, before it can cancel another out.
        if type(line.unit_price) is not int or not 0 <= line.unit_price <= MAX_AMOUNT:
            raise InvalidOrder(f"{line.sku}: not a usable price")
        if (
            type(line.quantity) is int
            and line.quantity <= MAX_QUANTITY
            and line.unit_price * line.quantity > MAX_AMOUNT
        ):
            raise InvalidOrder(f"{line.sku}: amount too large")
    if draft.lines_amount > MAX_AMOUNT:
        raise InvalidOrder("total too large")
    _require_usable_adjustments(draft)
    _require_usable_limits(draft)


def _require_usable_adjustments(draft: OrderDraft) -> None:
    for adjustment in draft.adjustments:
        if type(adjustment.amount) is not int or type(adjustment.points) is not int:
            raise InvalidOrder(f"{adjustment.kind}: not a usable adjustment")
        if not (abs(adjustment.amount) <= MAX_AMOUNT and 0 <= adjustment.points <= MAX_AMOUNT):
            raise InvalidOrder(f"{adjustment.kind}: not a usable adjustment")
        if type(adjustment.included) is not int or not 0 <= adjustment.included <= MAX_AMOUNT:
            raise InvalidOrder(f"{adjustment.kind}: not a usable adjustment")
    if not 0 <= draft.total_amount <= MAX_AMOUNT:
        raise InvalidOrder("adjusted to less than nothing, or too much")
    _require_usable_shares(draft)
    if draft.points and draft.customer_id is None:
        raise InvalidOrder("only an account has points")


def _require_usable_shares(draft: OrderDraft) -> None:
    """Refuse shares from which lines could be refunded more than was paid."""
    shares = [line.share for line in draft.lines if line.share is not None]
    if shares and (len(shares) < len(draft.lines) or min(shares) < 0 or sum(shares) > draft.total_amount):
        raise InvalidOrder("the shares of the lines do not fit the total")


def _require_usable_limits(draft: OrderDraft) -> None:
    if len(draft.client_address) > MAX_ADDRESS_LENGTH:
        raise InvalidOrder("not a usable client address")
    if len(draft.language) > MAX_LANGUAGE_LENGTH:
        raise InvalidOrder("not a usable language")
    if len({allowance.key for allowance in draft.allowances}) < len(draft.allowances):
        raise InvalidOrder("an allowance is named twice")
    if not all(1 <= a.quantity <= MAX_QUANTITY and 0 <= a.limit <= MAX_AMOUNT for a in draft.allowances):
        raise InvalidOrder("not a usable allowance")
