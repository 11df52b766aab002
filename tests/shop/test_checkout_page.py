"""The checkout page: one order for one cart, and nothing lost when it cannot be."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from inventory.selectors import get_stock_levels
from inventory.services import adjust, receive
from orders.models import Order
from orders.selectors import order_token
from orders.services import cancel_order
from shop.models import Cart, CartLine, Product, Variant
from shop.order_requests import OrderRequest
from shop.services.cart import add_to_cart
from shop.services.checkout import place_order_for_skus
from tests.concurrency.proxy import Cut, running_proxy
from tests.shop.shopping import add, fill, make_customer, make_variant, open_checkout

pytestmark = pytest.mark.django_db


def available(variant: Variant) -> int:
    sku = variant.stock_item.sku
    return get_stock_levels(skus=[sku])[sku].available


def ships_to(order: Order) -> dict[str, str]:
    return dict(order.shipping_address or {})


def test_an_order_is_placed_and_leads_to_the_pay_page(client: Client) -> None:
    variant = make_variant(on_hand=5)
    add(client, variant, 2)
    answer = client.post("/checkout/", open_checkout(client))
    order = Order.objects.get()
    assert answer["Location"].startswith(f"/orders/{order.number}/")
    assert answer["Location"].endswith("/pay/")
    assert (order.total_amount, order.email, ships_to(order)["country"]) == (
        2500,
        "ada@example.com",
        "GB",
    )
    assert available(variant) == 3
    assert not CartLine.objects.exists()


def test_a_free_order_needs_no_payment(client: Client) -> None:
    add(client, make_variant(price=0))
    answer = client.post("/checkout/", open_checkout(client))
    assert not answer["Location"].endswith("/pay/")
    assert Order.objects.get().status == "paid"


def test_the_same_form_sent_again_leads_to_the_same_order(client: Client) -> None:
    variant = make_variant()
    add(client, variant)
    form = open_checkout(client)
    first = client.post("/checkout/", form)
    assert client.post("/checkout/", form)["Location"] == first["Location"]
    add(client, variant)
    assert client.post("/checkout/", form)["Location"] == first["Location"]
    assert (Order.objects.count(), CartLine.objects.get().quantity) == (1, 1)


def test_the_same_form_with_another_address_leads_to_the_first_order_and_says_so(client: Client) -> None:
    add(client, make_variant())
    form = open_checkout(client)
    client.post("/checkout/", form)
    answer = client.post("/checkout/", {**form, "city": "Paris"}, follow=True)
    assert b"This order had been placed already" in answer.content
    assert [ships_to(order)["city"] for order in Order.objects.all()] == ["London"]


def test_the_next_cart_is_another_order(client: Client) -> None:
    variant = make_variant()
    for _time in range(2):
        add(client, variant)
        client.post("/checkout/", open_checkout(client))
    assert Order.objects.count() == 2


def test_what_is_added_while_the_order_is_placed_stays_in_the_cart(client: Client) -> None:
    bought, added = make_variant(), make_variant()
    add(client, bought, 2)
    form = open_checkout(client)
    place_order_the_way_a_dying_process_does(form, [(bought, 2)])
    add(client, added, 1)
    add(client, bought, 1)
    client.post("/checkout/", form)
    assert dict(CartLine.objects.values_list("variant_id", "quantity")) == {bought.pk: 1, added.pk: 1}


def test_who_comes_back_from_the_bank_to_an_empty_cart_is_shown_the_way_to_pay(client: Client) -> None:
    add(client, make_variant())
    client.post("/checkout/", open_checkout(client))
    order = Order.objects.get()
    way = f'<a href="/orders/{order.number}/{order_token(number=order.number)}/pay/">'
    for path in ("/checkout/", "/cart/"):
        assert way in client.get(path).content.decode()
        assert way not in Client().get(path).content.decode()
    cancel_order(number=order.number, reason="customer", actor="test", now=timezone.now())
    for path in ("/checkout/", "/cart/"):
        assert way not in client.get(path).content.decode()


def place_order_the_way_a_dying_process_does(form: dict[str, str], lines: list[tuple[Variant, int]]) -> None:
    """Place the order of a cart and stop before the cart is emptied."""
    place_order_for_skus(
        OrderRequest(
            email=form["email"],
            quantities=[(variant.stock_item.sku, quantity) for variant, quantity in lines],
            shipping_address={
                name: form[name] for name in ("name", "line1", "line2", "city", "postal_code", "country")
            },
        ),
        idempotency_scope=f"cart:{Cart.objects.get().pk}",
        idempotency_key=form["checkout_key"],
        now=timezone.now(),
    )


def test_a_process_that_died_before_it_emptied_the_cart_is_made_up_for_by_sending_again(
    client: Client,
) -> None:
    variant = make_variant(on_hand=5)
    add(client, variant, 2)
    form = open_checkout(client)
    place_order_the_way_a_dying_process_does(form, [(variant, 2)])
    assert client.post("/checkout/", form).status_code == 302
    assert (Order.objects.count(), available(variant), CartLine.objects.count()) == (1, 3, 0)


def test_it_is_also_made_up_for_by_opening_the_checkout_again(client: Client) -> None:
    variant = make_variant()
    add(client, variant, 2)
    form = open_checkout(client)
    place_order_the_way_a_dying_process_does(form, [(variant, 2)])
    assert Order.objects.get().number in client.get("/checkout/")["Location"]
    assert not CartLine.objects.exists()


def test_an_order_whose_cart_was_not_emptied_is_not_carried_into_the_customers_cart(client: Client) -> None:
    variant = make_variant()
    customer = make_customer()
    add_to_cart(
        cart_id=Cart.objects.create(customer_id=customer.pk, checkout_key="own").pk,
        variant_id=variant.pk,
        quantity=1,
        now=timezone.now(),
    )
    add(client, variant, 2)
    form = open_checkout(client)
    guest_cart = Cart.objects.get(customer=None)
    place_order_for_skus(
        OrderRequest(email="ada@example.com", quantities=[(variant.stock_item.sku, 2)]),
        idempotency_scope=f"cart:{guest_cart.pk}",
        idempotency_key=form["checkout_key"],
        now=timezone.now(),
    )
    client.post("/accounts/login/", {"login": customer.email, "password": "correct horse"})
    client.get("/cart/")
    assert CartLine.objects.get().quantity == 1


def test_sold_out_is_said_with_what_is_left_and_everything_typed_is_kept(client: Client) -> None:
    variant = make_variant(on_hand=5)
    add(client, variant, 4)
    form = open_checkout(client)
    adjust(sku=variant.stock_item.sku, delta=-3, actor="test", reason="", now=timezone.now())
    answer = client.post("/checkout/", form)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "2 left, you want 4" in page
    assert 'value="Ada Byron"' in page
    assert (CartLine.objects.get().quantity, Order.objects.count()) == (4, 0)

    adjusted = client.post("/checkout/", {**form, "adjust": "1"})
    assert CartLine.objects.get().quantity == 2
    assert 'value="Ada Byron"' in adjusted.content.decode()
    assert client.post("/checkout/", fill(adjusted.context["page_fields"])).status_code == 302
    assert available(variant) == 0


def test_adjusting_to_nothing_says_so(client: Client) -> None:
    add(client, make_variant(on_hand=0))
    answer = client.post("/checkout/", {"adjust": "1"})
    assert b"Nothing of what you wanted is left" in answer.content


def test_a_refused_form_can_be_sent_again_when_stock_is_back(client: Client) -> None:
    variant = make_variant(on_hand=0)
    add(client, variant)
    form = open_checkout(client)
    assert client.post("/checkout/", form).status_code == 409
    receive(sku=variant.stock_item.sku, quantity=1, actor="test", reason="", now=timezone.now())
    assert client.post("/checkout/", form).status_code == 302


def test_a_changed_price_is_asked_about_first(client: Client) -> None:
    variant = make_variant(price=1000)
    add(client, variant)
    form = open_checkout(client)
    Variant.objects.filter(pk=variant.pk).update(price_amount=1100)
    answer = client.post("/checkout/", form)
    assert answer.status_code == 409
    assert b"changed from $10.00 to $11.00" in answer.content
    client.post("/checkout/", fill(answer.context["page_fields"]))
    assert Order.objects.get().total_amount == 1100


def test_something_withdrawn_is_named_and_can_be_removed(client: Client) -> None:
    gone, stays = make_variant(), make_variant()
    add(client, gone)
    add(client, stays)
    form = open_checkout(client)
    Product.objects.filter(pk=gone.product_id).update(is_published=False)
    answer = client.post("/checkout/", form)
    assert answer.status_code == 409
    assert b"not for sale any more" in answer.content
    client.post("/checkout/", {**form, "adjust": "1"})
    assert CartLine.objects.get().variant_id == stays.pk


def test_a_cart_changed_in_another_tab_is_shown_before_it_is_ordered(client: Client) -> None:
    one, other = make_variant(price=1000), make_variant(price=1000)
    add(client, one)
    form = open_checkout(client)
    client.post(f"/cart/lines/{one.pk}/", {"remove": "1"})
    add(client, other)
    answer = client.post("/checkout/", form)
    assert answer.status_code == 409
    assert b"Your cart has changed" in answer.content
    assert not Order.objects.exists()


def test_an_empty_cart_is_said_to_be_empty(client: Client) -> None:
    assert b"Your cart is empty" in client.get("/checkout/").content
    answer = client.post("/checkout/", fill({"checkout_key": "x", "shown_lines": "x", "expected_total": 0}))
    assert (answer.status_code, Order.objects.count()) == (409, 0)


def test_a_customers_order_is_theirs_and_the_next_form_knows_their_address(client: Client) -> None:
    customer = make_customer()
    client.force_login(customer)
    variant = make_variant()
    add(client, variant)
    client.post("/checkout/", open_checkout(client))
    assert Order.objects.get().customer_id == customer.pk
    add(client, variant)
    page = client.get("/checkout/").content.decode()
    assert 'value="Ada Byron"' in page
    assert 'value="ada@example.com"' in page


BAD_VALUES: list[tuple[str, Any]] = [
    ("email", "nobody"),
    ("email", "a" * 250 + "@example.com"),
    ("email", "a\x00@example.com"),
    ("name", ""),
    ("name", "   "),
    ("name", "a" * 5000),
    ("city", "Lon\x00don"),
    ("country", "XX"),
    ("country", "Germany"),
    ("postal_code", "1" * 21),
]


@pytest.mark.parametrize(("field", "value"), BAD_VALUES)
def test_a_field_that_cannot_be_is_marked_and_the_rest_kept(client: Client, field: str, value: str) -> None:
    add(client, make_variant())
    answer = client.post("/checkout/", open_checkout(client, **{field: value}))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not Order.objects.exists()
    again = fill(answer.context["page_fields"])
    assert client.post("/checkout/", again).status_code == 302


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("checkout_key", ""),
        ("checkout_key", "\x00"),
        ("checkout_key", "x" * 5000),
        ("checkout_key", "another"),
        ("shown_lines", "🛒"),
        ("expected_total", "-1"),
        ("expected_total", "9" * 5000),
        ("expected_total", "1.5"),
    ],
)
def test_a_tampered_form_orders_nothing(client: Client, field: str, value: str) -> None:
    add(client, make_variant())
    assert client.post("/checkout/", open_checkout(client, **{field: value})).status_code == 409
    assert not Order.objects.exists()


def test_names_in_any_script_arrive_unharmed(client: Client) -> None:
    add(client, make_variant())
    client.post("/checkout/", open_checkout(client, name="李小龙 🐉", city="東京"))
    assert ships_to(Order.objects.get())["name"] == "李小龙 🐉"


def test_an_order_too_large_to_count_is_refused_politely(client: Client) -> None:
    add(client, make_variant(price=10**14, on_hand=999), 999)
    assert client.post("/checkout/", open_checkout(client, expected_total=str(10**15))).status_code == 409
    assert not Order.objects.exists()


def send_together(client: Client, forms: list[dict[str, str]]) -> list[Any]:
    """Send the forms at the same moment, each from a tab of the same browser."""
    barrier = Barrier(len(forms))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value

    def send(form: dict[str, str]) -> Any:
        tab = Client()
        tab.cookies[settings.SESSION_COOKIE_NAME] = cookie
        try:
            barrier.wait()
            return tab.post("/checkout/", form)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(forms)) as pool:
        return list(pool.map(send, forms))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("strategy", ["conditional", "optimistic", "pessimistic"])
def test_tabs_that_send_the_form_together_get_one_order(client: Client, strategy: str) -> None:
    variant = make_variant(on_hand=3)
    type(variant.stock_item).objects.update(locking_strategy=strategy)
    add(client, variant, 2)
    form = open_checkout(client)
    answers = send_together(client, [form] * 6)
    assert [answer.status_code for answer in answers] == [302] * 6
    assert len({answer["Location"] for answer in answers}) == 1
    assert (Order.objects.count(), available(variant), CartLine.objects.count()) == (1, 1, 0)


@pytest.mark.django_db(transaction=True)
def test_tabs_with_different_addresses_get_one_order(client: Client) -> None:
    add(client, make_variant())
    form = open_checkout(client)
    answers = send_together(client, [{**form, "city": city} for city in ("Paris", "Rome", "Oslo", "Bern")])
    assert [answer.status_code for answer in answers] == [302] * 4
    assert len({answer["Location"] for answer in answers}) == 1
    assert Order.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_busy_shop_says_so_and_keeps_cart_and_form(client: Client) -> None:
    variant = make_variant()
    add(client, variant)
    form = open_checkout(client)
    holder = connections.create_connection("default")
    try:
        holder.set_autocommit(False)
        with holder.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM inventory_stockitem WHERE id = %s FOR UPDATE", [variant.stock_item_id]
            )
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION innodb_lock_wait_timeout = 1")
        answer = client.post("/checkout/", form)
    finally:
        holder.close()
        connection.close()
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert b"very busy" in answer.content
    # The page sends itself again, a few times: then it leaves that to its reader.
    assert b'data-retry="2"' in answer.content
    assert (answer.context["retries"], answer.context["retries_left"]) == (1, 5)
    assert b'value="Ada Byron"' in answer.content
    assert (CartLine.objects.count(), Order.objects.count()) == (1, 0)
    assert client.post("/checkout/", fill(answer.context["page_fields"])).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_an_order_that_may_have_been_placed_is_not_said_to_be_refused(client: Client) -> None:
    add(client, make_variant())
    form = open_checkout(client)
    direct = connection.settings_dict
    with running_proxy((direct["HOST"] or "127.0.0.1", int(direct["PORT"] or 3306))) as proxy:
        connection.close()
        connection.settings_dict = {**direct, "HOST": "127.0.0.1", "PORT": proxy.port}
        proxy.arm(*[Cut.BEFORE_COMMIT] * 50)
        try:
            answer = client.post("/checkout/", form)
        finally:
            connection.close()
            connection.settings_dict = direct
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert b"not known whether your order was placed" in answer.content
    assert client.post("/checkout/", fill(answer.context["page_fields"])).status_code == 302
    assert (CartLine.objects.count(), Order.objects.count()) == (0, 1)
