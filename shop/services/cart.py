"""Everything that changes a cart.

Each change takes the cart's own row first. Inserting a line shares a lock on that row through the foreign
key, so taking it later would deadlock two changes of one cart; taking it first puts them in a queue.
"""

import datetime as dt
import secrets

from django.db import IntegrityError, connection

from inventory.transactions import run_in_transaction
from orders.types import OrderView
from shop.cart_selectors import find_cart_order, get_cart
from shop.errors import CartFull, CartNotFound, ProductUnavailable
from shop.models import Cart, CartLine, Variant
from shop.types import MAX_CART_LINES, MAX_LINE_QUANTITY

_ADD_UNITS = (
    "INSERT INTO {table} (cart_id, variant_id, quantity) VALUES (%s, %s, %s)"
    " ON DUPLICATE KEY UPDATE quantity = LEAST(quantity + %s, %s)"
)


def create_cart(*, customer_id: int | None) -> int:
    """Create an empty cart, or find the one the customer has, and return its id."""
    if customer_id is None:
        return Cart.objects.create(checkout_key=_new_key()).pk
    cart, _created = Cart.objects.get_or_create(
        customer_id=customer_id, defaults={"checkout_key": _new_key()}
    )
    return cart.pk


def add_to_cart(*, cart_id: int, variant_id: int, quantity: int, now: dt.datetime) -> None:
    """Add units of a variant; two adds at once both count. A line holds MAX_LINE_QUANTITY units at most.

    Raises ProductUnavailable, CartFull, CartNotFound. Opens its own transaction.
    """

    def add() -> None:
        _lock_cart(cart_id, now)
        _require_for_sale(variant_id)
        if CartLine.objects.filter(cart_id=cart_id).exclude(variant_id=variant_id).count() >= MAX_CART_LINES:
            raise CartFull
        _add_units(cart_id, variant_id, quantity)

    run_in_transaction(add)


def set_quantity(*, cart_id: int, variant_id: int, quantity: int, now: dt.datetime) -> None:
    """Make `quantity` the number of units of a line; 0 removes it. A line that is gone stays gone.

    Raises CartNotFound. Opens its own transaction.
    """

    def change() -> None:
        _lock_cart(cart_id, now)
        lines = CartLine.objects.filter(cart_id=cart_id, variant_id=variant_id)
        if quantity <= 0:
            lines.delete()
        else:
            lines.update(quantity=min(quantity, MAX_LINE_QUANTITY))

    run_in_transaction(change)


def fit_to_stock(*, cart_id: int, now: dt.datetime) -> None:
    """Reduce every line to what can be had and remove what cannot.

    Raises CartNotFound. Opens its own transaction.
    """

    def fit() -> None:
        _lock_cart(cart_id, now)
        cart = get_cart(cart_id=cart_id)
        _keep(
            {line.variant_id: line.obtainable for line in cart.lines if line.is_short} if cart else {},
            cart_id,
        )

    run_in_transaction(fit)


def adopt_cart(*, cart_id: int, customer_id: int, now: dt.datetime) -> int | None:
    """Give an anonymous cart to the customer its visitor turned out to be; return the id of their cart.

    Lines move to the cart the customer has, if any; units of the same variant add up. However often and
    however simultaneously it is called, each line moves once. Opens its own transaction.
    """

    def adopt() -> int | None:
        guest = Cart.objects.select_for_update().filter(id=cart_id, customer=None).first()
        own = Cart.objects.select_for_update().filter(customer_id=customer_id).first()
        if guest is None:
            return own.pk if own else None
        if own is None:
            Cart.objects.filter(id=guest.pk).update(customer_id=customer_id, updated_at=now)
            return guest.pk
        # The process that placed this cart's order may have died before it could empty the cart.
        if order := find_cart_order(cart_id=guest.pk, checkout_key=guest.checkout_key):
            _take_out(guest.pk, order)
        for line in guest.lines.all():
            _add_units(own.pk, line.variant_id, line.quantity)
        guest.delete()
        return own.pk

    try:
        return run_in_transaction(adopt)
    except IntegrityError:
        # Another request gave the customer their first cart between our look and our write.
        return run_in_transaction(adopt)


def empty_after_order(*, cart_id: int, checkout_key: str, order: OrderView, now: dt.datetime) -> None:
    """Take what was ordered out of the cart and give it the key of its next order.

    What was added meanwhile stays. Does it once for each key, so a repeated submission cannot empty a newer
    cart. Opens its own transaction.
    """

    def empty() -> None:
        moved = Cart.objects.filter(id=cart_id, checkout_key=checkout_key).update(
            checkout_key=_new_key(), updated_at=now
        )
        if moved:
            _take_out(cart_id, order)

    run_in_transaction(empty)


def _take_out(cart_id: int, order: OrderView) -> None:
    ordered = {line.stock_item_id: line.quantity for line in order.lines}
    lines = CartLine.objects.filter(cart_id=cart_id).select_related("variant")
    _keep(
        {
            line.variant_id: line.quantity - ordered[line.variant.stock_item_id]
            for line in lines
            if line.variant.stock_item_id in ordered
        },
        cart_id,
    )


def _keep(quantities: dict[int, int], cart_id: int) -> None:
    for variant_id, quantity in quantities.items():
        line = CartLine.objects.filter(cart_id=cart_id, variant_id=variant_id)
        if quantity > 0:
            line.update(quantity=quantity)
        else:
            line.delete()


def _add_units(cart_id: int, variant_id: int, quantity: int) -> None:
    # One statement, so that neither of two simultaneous adds can overwrite the other.
    sql = _ADD_UNITS.format(table=connection.ops.quote_name(CartLine._meta.db_table))
    with connection.cursor() as cursor:
        cursor.execute(
            sql, [cart_id, variant_id, min(quantity, MAX_LINE_QUANTITY), quantity, MAX_LINE_QUANTITY]
        )


def _lock_cart(cart_id: int, now: dt.datetime) -> None:
    if not Cart.objects.filter(id=cart_id).update(updated_at=now):
        raise CartNotFound


def _require_for_sale(variant_id: int) -> None:
    if not Variant.objects.filter(id=variant_id, is_active=True, product__is_published=True).exists():
        raise ProductUnavailable([str(variant_id)])


def _new_key() -> str:
    return secrets.token_urlsafe(24)
