"""From SKUs to an order: the one way in for the web shop and the API."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from django.conf import settings

from inventory.errors import OutOfStock
from orders import selectors as order_selectors
from orders.errors import AllowanceExceeded, IdempotencyKeyReused
from orders.services import place_order
from orders.types import OrderDraft, PlacedOrder, UnpaidLimits
from shop.errors import PriceChanged, ShopError
from shop.gate.entrance import Visitor, place_through_gate
from shop.metrics import observe_checkout
from shop.order_requests import OrderRequest
from shop.promotions.codes import normalise_code
from shop.promotions.coupon_limits import explain_exceeded, is_of_coupon
from shop.sale_board import note_shortfalls
from shop.services.drafting import draft_order


@observe_checkout
def place_order_for_skus(
    request: OrderRequest,
    *,
    idempotency_scope: str,
    idempotency_key: str,
    expected_total: int | None = None,
    client_address: str = "",
    ticket: str | None = None,
    stays: bool = False,
    now: dt.datetime,
) -> PlacedOrder:
    """Place an order for units by SKU at today's prices.

    `expected_total`, in minor units, is the total that the customer was shown, before points. A repeated key
    gives the first order whatever has become of prices, products or stock since. The offer of a flash sale
    is for sale while the sale is open, and where many want it, has a gate in front: `ticket` is what the gate
    gave this request before, `stays` is whether it goes on waiting when all are gone. `client_address` is
    where the request came from, empty if from nowhere. Raises ProductUnavailable, PriceChanged,
    CouponRefused, PointsNotTaken, PointsMissing, MustWait, OutOfStock, AllowanceExceeded, TooManyUnpaid,
    StockBusy, IdempotencyKeyReused, InvalidOrder. Opens its own transaction.
    """
    fingerprint = request.make_fingerprint()
    find_replay = partial(_find_replay, idempotency_scope, idempotency_key, fingerprint)
    try:
        draft = draft_order(request, client_address=client_address, now=now)
        _require_total(draft, expected_total)
    except ShopError:
        if replay := find_replay():
            return replay
        raise
    place = partial(
        place_order,
        draft=draft,
        idempotency_scope=idempotency_scope,
        idempotency_key=idempotency_key,
        fingerprint=fingerprint,
        unpaid_limits=_read_unpaid_limits(),
        now=now,
    )
    visitor = Visitor(f"{idempotency_scope}/{idempotency_key}", ticket, stays=stays)
    with _explain_refusals(request):
        return place_through_gate(
            place, find_replay=find_replay, quantities=request.quantities, visitor=visitor, now=now
        )


@contextmanager
def _explain_refusals(request: OrderRequest) -> Iterator[None]:
    try:
        yield
    except OutOfStock as refused:
        note_shortfalls(refused.shortfalls)
        raise
    except AllowanceExceeded as exceeded:
        if is_of_coupon(exceeded):
            raise explain_exceeded(exceeded, code=normalise_code(request.coupon)) from exceeded
        raise


def _read_unpaid_limits() -> UnpaidLimits:
    return UnpaidLimits(
        per_customer=settings.MAX_UNPAID_UNITS_PER_CUSTOMER,
        per_address=settings.MAX_UNPAID_UNITS_PER_ADDRESS,
    )


def _require_total(draft: OrderDraft, expected_total: int | None) -> None:
    actual = draft.total_amount - sum(a.amount for a in draft.adjustments if a.points)
    if expected_total is not None and actual != expected_total:
        raise PriceChanged(expected_total, actual)


def _find_replay(scope: str, key: str, fingerprint: str) -> PlacedOrder | None:
    found = order_selectors.find_placed(idempotency_scope=scope, idempotency_key=key)
    if found is None:
        return None
    order, placed_fingerprint = found
    if placed_fingerprint != fingerprint:
        raise IdempotencyKeyReused(key)
    return PlacedOrder(order, replayed=True)
