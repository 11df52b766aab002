"""The cart: by form and by htmx, anonymous and signed in, and with several requests at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone

from orders.types import PlacedOrder
from shop.cart_selectors import cart_scope, digest_lines, find_cart_id, get_cart
from shop.errors import CartNotFound, ProductUnavailable
from shop.models import Cart, CartLine, Product, Variant
from shop.order_requests import OrderRequest
from shop.services.cart import add_to_cart, adopt_cart, create_cart, empty_after_order, set_quantity
from shop.services.cart_checkout import check_out
from shop.services.checkout import place_order_for_skus
from tests.emptied import empty_redis
from tests.sessions import row_held, start_thread, wait_for_statement
from tests.shop.shopping import add, make_customer, make_variant

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def quantities() -> dict[int, int]:
    return dict(CartLine.objects.values_list("variant_id", "quantity"))


def test_adding_puts_units_in_the_cart_and_leads_there(client: Client) -> None:
    variant = make_variant()
    answer = add(client, variant, 2)
    assert (answer.status_code, answer["Location"]) == (302, "/cart/")
    assert quantities() == {variant.pk: 2}
    assert b"$25.00" in client.get("/cart/").content


def test_adding_again_adds_up(client: Client) -> None:
    variant = make_variant()
    add(client, variant, 2)
    add(client, variant, 3)
    assert quantities() == {variant.pk: 5}


def test_with_htmx_adding_returns_a_note_and_the_new_count(client: Client) -> None:
    answer = add(client, make_variant(), 2, **HTMX)
    assert answer.status_code == 200
    assert b"Added to your cart" in answer.content
    assert b'id="cart-badge" class="badge" hx-swap-oob="true">2' in answer.content


@pytest.mark.parametrize(
    "quantity", ["0", "-1", "1.5", "1e3", str(10**12), "9" * 5000, "", "abc", "\x00", "🛒", "²"]
)
def test_a_quantity_that_is_none_changes_nothing(client: Client, quantity: str) -> None:
    variant = make_variant()
    assert add(client, variant, quantity).status_code == 422
    assert add(client, variant, quantity, **HTMX).status_code == 200
    assert quantities() == {}


@pytest.mark.parametrize("variant_id", ["0", "-1", "x", str(2**63), "9" * 5000, "\x00", "", "🛒"])
def test_a_variant_that_cannot_be_is_refused(client: Client, variant_id: str) -> None:
    assert client.post("/cart/add/", {"variant": variant_id, "quantity": 1}).status_code == 422


def test_what_is_not_for_sale_cannot_be_added(client: Client) -> None:
    hidden, withdrawn = make_variant(), make_variant()
    Product.objects.filter(pk=hidden.product_id).update(is_published=False)
    Variant.objects.filter(pk=withdrawn.pk).update(is_active=False)
    for variant_id in (hidden.pk, withdrawn.pk, 2**62):
        answer = client.post("/cart/add/", {"variant": variant_id, "quantity": 1})
        assert answer.status_code == 409
        assert b"not for sale any more" in answer.content
    assert quantities() == {}


def test_a_line_never_grows_past_its_limit(client: Client) -> None:
    variant = make_variant()
    add(client, variant, 999)
    add(client, variant, 999)
    assert quantities() == {variant.pk: 999}


def test_a_quantity_can_be_changed_and_the_line_removed_without_script(client: Client) -> None:
    variant = make_variant()
    add(client, variant)
    assert client.post(f"/cart/lines/{variant.pk}/", {"quantity": "4"})["Location"] == "/cart/"
    assert quantities() == {variant.pk: 4}
    client.post(f"/cart/lines/{variant.pk}/", {"remove": "1"})
    assert quantities() == {}


def test_with_htmx_a_change_returns_the_cart(client: Client) -> None:
    variant = make_variant(on_hand=3)
    add(client, variant)
    answer = client.post(f"/cart/lines/{variant.pk}/", {"quantity": "4"}, headers=HTMX)
    assert b"Only 3 left, you want 4" in answer.content
    assert b"<html" not in answer.content


@pytest.mark.parametrize("quantity", ["-1", "1.5", "", "abc", str(10**12), "\x00"])
def test_a_senseless_change_leaves_the_line_as_it_is(client: Client, quantity: str) -> None:
    variant = make_variant()
    add(client, variant, 2)
    answer = client.post(f"/cart/lines/{variant.pk}/", {"quantity": quantity}, headers=HTMX)
    assert b"whole number" in answer.content
    assert quantities() == {variant.pk: 2}


def test_taking_what_is_left_fits_the_cart_to_the_shelf(client: Client) -> None:
    short, gone, fine = make_variant(on_hand=3), make_variant(on_hand=0), make_variant(on_hand=9)
    for variant in (short, gone, fine):
        add(client, variant, 5)
    client.post("/cart/fit/")
    assert quantities() == {short.pk: 3, fine.pk: 5}


def test_only_a_post_changes_anything(client: Client) -> None:
    for path in ("/cart/add/", "/cart/fit/", "/cart/lines/1/"):
        assert client.get(path).status_code == 405


def test_a_post_without_its_csrf_token_is_refused() -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = add(strict, make_variant())
    assert answer.status_code == 403
    assert b"This form has expired" in answer.content
    assert quantities() == {}


def test_nobody_reaches_another_visitors_cart(client: Client) -> None:
    variant = make_variant()
    add(Client(), variant, 2)
    client.post(f"/cart/lines/{variant.pk}/", {"remove": "1"})
    assert quantities() == {variant.pk: 2}
    assert b"Your cart is empty" in client.get("/cart/").content


def test_a_customers_cart_is_not_reached_through_an_anonymous_session(client: Client) -> None:
    cart_id = create_cart(customer_id=make_customer().pk)
    session = client.session
    session["cart_id"] = cart_id
    session.save()
    add(client, make_variant())
    assert not CartLine.objects.filter(cart_id=cart_id).exists()


def test_a_guests_cart_becomes_theirs_when_they_sign_in(client: Client) -> None:
    variant = make_variant()
    customer = make_customer()
    add(client, variant, 2)
    client.post("/accounts/login/", {"login": customer.email, "password": "correct horse"})
    assert b"$25.00" in client.get("/cart/").content
    cart = Cart.objects.get()
    assert (cart.customer_id, quantities()) == (customer.pk, {variant.pk: 2})


def test_a_guests_cart_joins_the_one_the_customer_has(client: Client) -> None:
    both, only_guest = make_variant(), make_variant()
    customer = make_customer()
    add_to_cart(
        cart_id=create_cart(customer_id=customer.pk), variant_id=both.pk, quantity=1, now=timezone.now()
    )
    add(client, both, 2)
    add(client, only_guest, 1)
    client.post("/accounts/login/", {"login": customer.email, "password": "correct horse"})
    client.get("/cart/")
    client.get("/cart/")
    cart = get_cart(cart_id=Cart.objects.get(customer_id=customer.pk).pk, now=timezone.now())
    assert cart is not None
    assert dict(cart.quantities) == {both.stock_item.sku: 3, only_guest.stock_item.sku: 1}
    assert quantities() == {both.pk: 3, only_guest.pk: 1}


def test_signing_out_leaves_the_cart_with_the_customer(client: Client) -> None:
    client.force_login(make_customer())
    variant = make_variant()
    add(client, variant)
    client.post("/accounts/logout/")
    assert b"Your cart is empty" in client.get("/cart/").content
    assert quantities() == {variant.pk: 1}


def test_a_cart_survives_the_loss_of_the_cache(client: Client) -> None:
    add(client, make_variant(), 2)
    assert Session.objects.exists()
    empty_redis()
    assert b"$25.00" in client.get("/cart/").content


@pytest.mark.parametrize(
    "key", ["\x00" * 40, "x" * 5000, ("🛒" * 20).encode().decode("latin-1"), "short", "'; --"]
)
def test_a_forged_session_cookie_is_an_empty_session(client: Client, key: str) -> None:
    client.cookies["sessionid"] = key
    assert client.get("/cart/").status_code == 200


def test_changing_a_cart_that_is_gone_says_so() -> None:
    with pytest.raises(CartNotFound):
        set_quantity(cart_id=1, variant_id=1, quantity=1, now=timezone.now())
    assert get_cart(cart_id=1, now=timezone.now()) is None


def run_together(count: int, work: Any) -> list[Any]:
    """Run `work` in this many threads that start at the same moment."""
    barrier = Barrier(count)

    def start(number: int) -> Any:
        try:
            barrier.wait()
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(start, range(count)))


@pytest.mark.django_db(transaction=True)
def test_simultaneous_adds_all_count() -> None:
    cart_id = create_cart(customer_id=None)
    shared, other = make_variant(), make_variant()

    def add_twice(number: int) -> None:
        for variant in (shared, other) if number % 2 else (other, shared):
            add_to_cart(cart_id=cart_id, variant_id=variant.pk, quantity=1, now=timezone.now())

    run_together(8, add_twice)
    assert quantities() == {shared.pk: 8, other.pk: 8}


@pytest.mark.django_db(transaction=True)
def test_a_cart_is_adopted_once_however_many_requests_do_it() -> None:
    variant = make_variant()
    customer = make_customer()
    guest_cart = create_cart(customer_id=None)
    add_to_cart(cart_id=guest_cart, variant_id=variant.pk, quantity=3, now=timezone.now())
    add_to_cart(
        cart_id=create_cart(customer_id=customer.pk), variant_id=variant.pk, quantity=1, now=timezone.now()
    )
    ids = run_together(
        6, lambda _n: adopt_cart(cart_id=guest_cart, customer_id=customer.pk, now=timezone.now())
    )
    assert len(set(ids)) == 1
    assert quantities() == {variant.pk: 4}


@pytest.mark.django_db(transaction=True)
def test_a_variant_that_is_deleted_while_it_is_added_is_not_for_sale() -> None:
    cart_id, variant = create_cart(customer_id=None), make_variant()

    def add_it() -> None:
        add_to_cart(cart_id=cart_id, variant_id=variant.pk, quantity=1, now=timezone.now())

    with ThreadPoolExecutor(1) as pool:
        with row_held("shop_variant", variant.pk, change="DELETE FROM"):
            adding = start_thread(pool, add_it)
            wait_for_statement("INSERT INTO `shop_cartline`")
        with pytest.raises(ProductUnavailable):
            adding.result()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("who", ["guest", "customer"])
def test_signing_in_during_a_checkout_leaves_in_the_cart_what_was_not_ordered(who: str) -> None:
    ordered, other = make_variant(on_hand=9), make_variant()
    customer_id = make_customer().pk
    guest_cart, own_cart = create_cart(customer_id=None), create_cart(customer_id=customer_id)
    for cart_id, variant in ((guest_cart, ordered), (own_cart, ordered), (own_cart, other)):
        add_to_cart(cart_id=cart_id, variant_id=variant.pk, quantity=2, now=timezone.now())
    cart = get_cart(cart_id=guest_cart if who == "guest" else own_cart, now=timezone.now())
    assert cart is not None

    def order() -> PlacedOrder:
        return check_out(
            cart_id=cart.id,
            checkout_key=cart.checkout_key,
            shown_lines=digest_lines(quantities=cart.quantities),
            shown_total=cart.total_amount,
            wanted=OrderRequest(email="ada@example.com", customer_id=None if who == "guest" else customer_id),
            now=timezone.now(),
        )

    with ThreadPoolExecutor(1) as pool:
        with row_held("inventory_stockitem", ordered.stock_item_id):
            ordering = start_thread(pool, order)
            wait_for_statement("UPDATE inventory_stockitem")
            adopted = adopt_cart(cart_id=guest_cart, customer_id=customer_id, now=timezone.now())
        placed = ordering.result()
    assert not placed.replayed
    left = get_cart(cart_id=find_cart_id(cart_id=None, customer_id=customer_id), now=timezone.now())
    assert left is not None
    assert left.id == adopted
    expected = {ordered: 2, other: 2} if who == "guest" else {ordered: 2}
    assert dict(left.quantities) == {variant.stock_item.sku: units for variant, units in expected.items()}


@pytest.mark.django_db(transaction=True)
def test_an_order_that_was_seen_when_carts_joined_is_not_taken_out_twice() -> None:
    variant, customer_id = make_variant(on_hand=9), make_customer().pk
    guest_cart, own_cart = create_cart(customer_id=None), create_cart(customer_id=customer_id)
    for cart_id in (guest_cart, own_cart):
        add_to_cart(cart_id=cart_id, variant_id=variant.pk, quantity=2, now=timezone.now())
    cart = get_cart(cart_id=own_cart, now=timezone.now())
    assert cart is not None
    placed = place_order_for_skus(
        OrderRequest(email="ada@example.com", quantities=cart.quantities, customer_id=customer_id),
        idempotency_scope=cart_scope(cart_id=cart.id),
        idempotency_key=cart.checkout_key,
        now=timezone.now(),
    )
    adopt_cart(cart_id=guest_cart, customer_id=customer_id, now=timezone.now())
    assert quantities() == {variant.pk: 2}
    empty_after_order(cart_id=cart.id, checkout_key=cart.checkout_key, order=placed.order, now=timezone.now())
    assert quantities() == {variant.pk: 2}


@pytest.mark.django_db(transaction=True)
def test_a_customer_gets_one_cart_however_many_requests_open_it() -> None:
    customer = make_customer()
    ids = run_together(6, lambda _n: create_cart(customer_id=customer.pk))
    assert len(set(ids)) == 1
