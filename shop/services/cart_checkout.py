"""From a cart to an order, once."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from orders.errors import IdempotencyKeyReused
from orders.types import OrderView, PlacedOrder
from shop.cart_selectors import cart_scope, digest_lines, find_cart_order, get_cart
from shop.errors import CartChanged, CartEmpty
from shop.order_requests import OrderRequest
from shop.services.cart import empty_after_order
from shop.services.checkout import place_order_for_skus
from shop.types import CartView


def check_out(
    *,
    cart_id: int,
    checkout_key: str,
    shown_lines: str,
    shown_total: int,
    wanted: OrderRequest,
    client_address: str = "",
    ticket: str | None = None,
    stays: bool = False,
    now: dt.datetime,
) -> PlacedOrder:
    """Order what is in a cart, as the checkout page showed it, and empty the cart.

    `wanted` says for whom and on which terms; its units are those of the cart. `checkout_key` comes from the
    page: the same one always leads to the same order, whatever became of the cart since. `shown_lines` is
    `digest_lines` of what the page showed, `shown_total` its total in minor units, before points; `ticket`
    and `stays` are for the gate of a flash sale. Raises CartEmpty, CartChanged, NotDeliverable,
    ShippingMethodUnavailable, PriceChanged, ProductUnavailable, PointsNotTaken, PointsMissing, MustWait,
    OutOfStock, AllowanceExceeded, TooManyUnpaid, StockBusy, InvalidOrder. Opens its own transactions: should
    the process die between order and cart, submitting again finds the order and empties the cart then.
    """
    # The cart is read before its order is looked for. The other way round, a double click's first request
    # could place the order and empty the cart between our two reads, and we would tell its customer that
    # there is nothing to order.
    cart = get_cart(cart_id=cart_id, now=now)
    placing = _find_replay(cart_id, checkout_key)
    if placing is None:
        quantities = _require_shown(cart, checkout_key, shown_lines)
        try:
            placing = place_order_for_skus(
                replace(wanted, quantities=quantities),
                idempotency_scope=cart_scope(cart_id=cart_id),
                idempotency_key=checkout_key,
                expected_total=shown_total,
                client_address=client_address,
                ticket=ticket,
                stays=stays,
                now=now,
            )
        except IdempotencyKeyReused:
            # Two tabs with different addresses, at the same time: the first one is the order.
            placing = _find_replay(cart_id, checkout_key)
            if placing is None:
                raise
    empty_after_order(cart_id=cart_id, checkout_key=checkout_key, order=placing.order, now=now)
    return placing


def _find_replay(cart_id: int, checkout_key: str) -> PlacedOrder | None:
    placed = find_cart_order(cart_id=cart_id, checkout_key=checkout_key)
    return PlacedOrder(placed, replayed=True) if placed else None


def _require_shown(cart: CartView | None, checkout_key: str, shown_lines: str) -> Sequence[tuple[str, int]]:
    """Return what is in the cart if it is what the page showed. Raises CartEmpty, CartChanged."""
    if cart is None or not cart.lines:
        raise CartEmpty
    if cart.checkout_key != checkout_key or digest_lines(quantities=cart.quantities) != shown_lines:
        raise CartChanged
    return cart.quantities


def settle_cart(*, cart_id: int, now: dt.datetime) -> OrderView | None:
    """Empty a cart whose order was placed by a process that died before it could, and return that order.

    Opens its own transaction when there is something to do.
    """
    cart = get_cart(cart_id=cart_id, now=now)
    placed = find_cart_order(cart_id=cart.id, checkout_key=cart.checkout_key) if cart else None
    if cart and placed:
        empty_after_order(cart_id=cart.id, checkout_key=cart.checkout_key, order=placed, now=now)
    return placed
