"""From SKUs to an order: the one way in for the web shop and the API."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.conf import settings

from inventory.errors import OutOfStock
from orders import selectors as order_selectors
from orders.errors import AllowanceExceeded, IdempotencyKeyReused
from orders.services import place_order
from orders.types import OrderDraft, PlacedOrder, UnpaidLimits
from shop.errors import PriceChanged, ShopError
from shop.gate.entrance import Visitor, place_through_gate
from shop.metrics import observe_checkout
from shop.promotions.codes import normalise_code
from shop.promotions.coupon_limits import explain_exceeded, is_of_coupon
from shop.sale_board import note_shortfalls
from shop.services.drafting import draft_order


@observe_checkout
def place_order_for_skus(
    *,
    email: str,
    quantities: Sequence[tuple[str, int]],
    idempotency_scope: str,
    idempotency_key: str,
    customer_id: int | None = None,
    shipping_address: Mapping[str, Any] | None = None,
    expected_total: int | None = None,
    client_address: str = "",
    shipping_method: str = "",
    coupon: str = "",
    points: int = 0,
    ticket: str | None = None,
    stays: bool = False,
    now: dt.datetime,
) -> PlacedOrder:
    """Place an order for units by SKU at today's prices.

    `expected_total`, in minor units, is the total that the customer was shown, before points. Of `points`
    as many are spent as go into the total. A repeated key gives the first order
    whatever has become of prices, products or stock since. The offer of a flash sale is for sale while the
    sale is open, and where many want it, has a gate in front: `ticket` is what the gate gave this request
    before, `stays` is whether it goes on waiting when all are gone. `client_address` is where the request
    came from, if that may be counted. Raises ProductUnavailable, PriceChanged, CouponRefused, PointsNotTaken,
    PointsMissing, MustWait, OutOfStock, AllowanceExceeded, TooManyUnpaid, StockBusy, IdempotencyKeyReused,
    InvalidOrder. Opens its own transaction.
    """
    fingerprint = fingerprint_request(
        email=email,
        quantities=quantities,
        shipping_address=shipping_address,
        customer_id=customer_id,
        shipping_method=shipping_method,
        coupon=coupon,
        points=points,
    )
    find_replay = partial(_find_replay, idempotency_scope, idempotency_key, fingerprint)
    try:
        draft = draft_order(
            email=email,
            quantities=quantities,
            customer_id=customer_id,
            shipping_address=shipping_address,
            client_address=client_address,
            shipping_method=shipping_method,
            coupon=coupon,
            points=points,
            now=now,
        )
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
    try:
        return place_through_gate(
            place, find_replay=find_replay, quantities=quantities, visitor=visitor, now=now
        )
    except OutOfStock as refused:
        note_shortfalls(refused.shortfalls)
        raise
    except AllowanceExceeded as exceeded:
        if is_of_coupon(exceeded):
            raise explain_exceeded(exceeded, code=normalise_code(coupon)) from exceeded
        raise


def fingerprint_request(
    *,
    email: str,
    quantities: Sequence[tuple[str, int]],
    shipping_address: Mapping[str, Any] | None,
    customer_id: int | None,
    shipping_method: str = "",
    coupon: str = "",
    points: int = 0,
) -> str:
    """Return a digest that is the same for the same request, however it was written down."""
    chosen = {"shipping_method": shipping_method, "coupon": coupon, "points": points}
    content = [email, sorted(quantities), shipping_address, customer_id]
    # What was not chosen leaves no trace, so that a new choice does not make old requests look different.
    content += [{name: value} for name, value in chosen.items() if value]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


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
