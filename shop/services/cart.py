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
        _require_for_sale(variant_id, now)
        if CartLine.objects.filter(cart_id=cart_id).exclude(variant_id=variant_id).count() >= MAX_CART_LINES:
            raise CartFull
        _add_units(cart_id, variant_id, quantity)

    try:
        run_in_transaction(add)
    except IntegrityError as error:
        # The cart is ours by its lock, so it is the variant that was deleted after we looked.
        raise ProductUnavailable([str(variant_id)]) from error


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
        cart = get_cart(cart_id=cart_id, now=now)
        _keep(
            {line.variant_id: line.obtainable for line in cart.lines if line.is_short} if cart else {},
            cart_id,
        )

    run_in_transaction(fit)


def adopt_cart(*, cart_id: int, customer_id: int, now: dt.datetime) -> int | None:
    """Give an anonymous cart to the customer its visitor turned out to be; return the id of their cart.

    Lines of the cart the customer had, if any, join it; units of the same variant add up. However often and
    however simultaneously it is called, each line moves once. Opens its own transaction.
    """

    def adopt() -> int | None:
        guest = Cart.objects.select_for_update().filter(id=cart_id, customer=None).first()
        own = Cart.objects.select_for_update().filter(customer_id=customer_id).first()
        if guest is None:
            return own.pk if own else None
        # The guest's cart is the one that stays: a checkout of it may be running, which knows no customer,
        # and finds by this id what it has to take out of the cart.
        _settle(guest)
        if own is not None:
            _empty_into(own, guest.pk, now)
        _hand_over(guest, customer_id, now)
        return guest.pk

    try:
        return run_in_transaction(adopt)
    except IntegrityError:
        # Another request gave the customer their first cart between our look and our write.
        return run_in_transaction(adopt)


def empty_after_order(*, cart_id: int, checkout_key: str, order: OrderView, now: dt.datetime) -> None:
    """Take what was ordered out of the cart and give it the key of its next order.

    What was added meanwhile stays. Does it once for each key, so a repeated submission cannot empty a newer
    cart. Where the customer's lines have moved to another cart since, they are taken out there. Opens its own
    transaction.
    """

    def empty() -> None:
        moved = Cart.objects.filter(id=cart_id, checkout_key=checkout_key).update(
            checkout_key=_new_key(), updated_at=now
        )
        if moved:
            _take_out(_find_heir(cart_id, order.customer_id), order)

    run_in_transaction(empty)


def _empty_into(cart: Cart, heir_id: int, now: dt.datetime) -> None:
    """Move the lines of a customer's cart to another and leave it, empty, to nobody.

    It is kept for the sake of its key: a checkout of it that is running takes what it ordered out of the heir
    if the key is still there afterwards, and not a second time if the order was seen here.
    """
    _settle(cart)
    for line in cart.lines.all():
        _add_units(heir_id, line.variant_id, line.quantity)
    cart.lines.all().delete()
    _hand_over(cart, None, now)


def _hand_over(cart: Cart, customer_id: int | None, now: dt.datetime) -> None:
    Cart.objects.filter(id=cart.pk).update(
        customer_id=customer_id, checkout_key=cart.checkout_key, updated_at=now
    )


def _settle(cart: Cart) -> None:
    """Take out what was ordered by a process that died before it could, or has not yet come to it.

    Gives the cart its next key, for the caller to write: the row must be locked.
    """
    if order := find_cart_order(cart_id=cart.pk, checkout_key=cart.checkout_key):
        _take_out(cart.pk, order)
        cart.checkout_key = _new_key()


def _find_heir(cart_id: int, customer_id: int | None) -> int:
    """Return the cart that holds the lines of a cart now: the customer's, if this one was left to nobody."""
    if customer_id is None or Cart.objects.filter(id=cart_id, customer_id=customer_id).exists():
        return cart_id
    heir = Cart.objects.select_for_update().filter(customer_id=customer_id).first()
    return heir.pk if heir else cart_id


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


def _require_for_sale(variant_id: int, now: dt.datetime) -> None:
    if not Variant.objects.for_sale(now).filter(id=variant_id).exists():
        raise ProductUnavailable([str(variant_id)])


def _new_key() -> str:
    return secrets.token_urlsafe(24)
