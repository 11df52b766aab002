"""The waiting room: people send their order once, wait in line, and the page goes on by itself."""

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders.models import Order
from orders.services import cancel_order
from shop.gate import services as gate
from shop.gate.types import Admitted
from shop.sale_board import read_board
from shop.sale_types import FlashSaleView
from shop.services.flash_sales import end_flash_sale
from tests.emptied import empty_redis
from tests.shop.selling import make_sale
from tests.shop.shopping import make_product, make_variant, open_checkout

pytestmark = pytest.mark.django_db

ROOM = "/checkout/waiting/"
PLACE = "/checkout/waiting/place/"


@pytest.fixture(autouse=True)
def _one_at_a_time(settings: Any) -> None:
    """Let one order at a time through the gate."""
    settings.GATE_MAX_IN_FLIGHT = 1
    settings.GATE_FACTOR, settings.GATE_SLACK = 1.0, 0


class Somebody:
    """Somebody who is placing an order, and takes their time."""

    def __init__(self, sale: FlashSaleView, name: str = "somebody") -> None:
        self.sale_id = sale.id
        admission = gate.admit(sale_id=sale.id, ticket=None, request_key=name, units=1, now=timezone.now())
        assert isinstance(admission, Admitted)
        self.token = admission.token

    def leave(self) -> None:
        """Give the place back without an order."""
        gate.settle(sale_id=self.sale_id, token=self.token, placed=False)


def put_in_cart(client: Client, sale: FlashSaleView, quantity: int = 1) -> None:
    client.post("/cart/add/", {"variant": sale.variant_id, "quantity": quantity})


def send_order(client: Client, sale: FlashSaleView, quantity: int = 1) -> Any:
    """Fill the cart and send the checkout form."""
    put_in_cart(client, sale, quantity)
    return client.post("/checkout/", open_checkout(client))


def words(answer: Any) -> str:
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return " ".join(text.split())


def go_on(client: Client) -> Any:
    """Poll once as the page does, and go where it is sent."""
    answer = client.get(PLACE)
    where = answer.headers.get("HX-Redirect")
    return client.get(where) if where else answer


def test_without_a_crowd_nobody_notices_the_gate(client: Client) -> None:
    answer = send_order(client, make_sale())
    assert answer["Location"].endswith("/pay/")
    assert "queue_ticket" not in {name for name, morsel in client.cookies.items() if morsel.value}


def test_things_that_are_not_on_sale_meet_no_gate(client: Client) -> None:
    sale = make_sale()
    Somebody(sale)
    client.post("/cart/add/", {"variant": make_variant().pk, "quantity": 1})
    assert client.post("/checkout/", open_checkout(client))["Location"].endswith("/pay/")


def test_whoever_comes_second_waits_with_a_number_and_what_they_typed_is_kept(client: Client) -> None:
    sale = make_sale()
    somebody = Somebody(sale)
    answer = send_order(client, sale)
    assert answer["Location"] == ROOM
    page = client.get(ROOM)
    assert page.status_code == 200
    text = words(page)
    assert "You are in line Your number 1 Nobody is before you." in text
    assert "10 units are left" in text
    assert not Order.objects.exists()
    somebody.leave()
    answer = go_on(client)
    order = Order.objects.get()
    assert answer["Location"].startswith(f"/orders/{order.number}/")
    assert (order.email, (order.shipping_address or {})["city"]) == ("ada@example.com", "London")
    assert client.get(ROOM)["Location"] == "/checkout/", "nothing waits any more"


def test_places_count_up_in_the_order_of_arrival() -> None:
    sale = make_sale()
    Somebody(sale)
    people = [Client() for _ in range(4)]
    for person in people:
        send_order(person, sale)
    pages = "".join(person.get(ROOM).content.decode() for person in people)
    assert re.findall(r"place-number\">(\d+)<", pages) == ["1", "2", "3", "4"]
    assert "3 people are before you." in words(people[3].get(PLACE))


def test_asking_for_ones_place_reads_nothing_in_the_database(client: Client) -> None:
    sale = make_sale()
    Somebody(sale)
    send_order(client, sale)
    client.get(PLACE)
    for path in (PLACE, ROOM):
        gate.refresh(sale_id=sale.id, now=timezone.now())
        read_board(now=timezone.now())
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        # Once a second somebody asks what is left, whoever happens to come.
        asked = [query["sql"] for query in queries]
        assert not [sql for sql in asked if "stockitem" not in sql and "flashsale" not in sql]


def test_the_page_asks_again_when_the_server_says_with_and_without_scripts(client: Client) -> None:
    sale = make_sale()
    Somebody(sale)
    send_order(client, sale)
    page = client.get(ROOM).content.decode()
    assert re.search(r'hx-get="/checkout/waiting/place/\?seen=[\w.]+" hx-trigger="every \d+\.\ds"', page)
    assert re.search(r'<noscript><meta http-equiv="refresh" content="[12]"></noscript>', page)
    assert "<title>Number 1 in line" in page
    part = client.get(PLACE).content.decode()
    assert "<html" not in part
    assert part.startswith("<title>Number 1 in line")


def test_without_scripts_loading_the_page_again_is_enough(client: Client) -> None:
    sale = make_sale()
    somebody = Somebody(sale)
    send_order(client, sale)
    client.get(ROOM)
    somebody.leave()
    assert client.get(ROOM)["Location"].endswith("/pay/")
    assert Order.objects.count() == 1


def test_two_tabs_share_one_place_and_make_one_order(client: Client) -> None:
    sale = make_sale()
    somebody = Somebody(sale)
    put_in_cart(client, sale)
    first, second = open_checkout(client), open_checkout(client)
    assert client.post("/checkout/", first)["Location"] == ROOM
    assert client.post("/checkout/", second)["Location"] == ROOM
    assert client.get("/checkout/")["Location"] == ROOM
    levels = gate.read_levels(sale_id=sale.id, now=timezone.now())
    assert levels is not None
    assert levels.waiting == 1
    somebody.leave()
    paths = {go_on(client)["Location"], client.post("/checkout/", second)["Location"]}
    assert len(paths) == 1
    assert Order.objects.count() == 1


@pytest.mark.parametrize("forged", ["nonsense", "a:b:c", "x" * 5000])
def test_a_forged_ticket_is_like_none(client: Client, forged: str) -> None:
    sale = make_sale()
    somebody = Somebody(sale)
    send_order(client, sale)
    client.cookies["queue_ticket"] = forged
    assert client.get(PLACE).headers["HX-Redirect"] == ROOM
    # The order still waits in the session, and is given its place again.
    assert client.get(ROOM, follow=True).status_code == 200
    assert "Your number 1" in words(client.get(ROOM))
    somebody.leave()
    assert go_on(client)["Location"].endswith("/pay/")


def test_the_room_without_an_order_leads_to_the_checkout(client: Client) -> None:
    assert client.get(ROOM)["Location"] == "/checkout/"
    assert client.get(PLACE).headers["HX-Redirect"] == ROOM
    assert client.head(ROOM).status_code == 405


def test_leaving_keeps_the_cart_and_orders_nothing(client: Client) -> None:
    sale = make_sale()
    somebody = Somebody(sale)
    send_order(client, sale)
    client.get(ROOM)
    assert client.post(ROOM)["Location"] == "/cart/"
    somebody.leave()
    assert sale.product_name in words(client.get("/cart/"))
    assert client.get("/checkout/").status_code == 200
    assert not Order.objects.exists()


def sell_out(sale: FlashSaleView) -> Client:
    """Order all units of a sale and leave them unpaid."""
    buyer = Client()
    assert send_order(buyer, sale, sale.units)["Location"].endswith("/pay/")
    return buyer


def test_sold_out_for_now_says_how_many_may_come_back_and_the_first_in_line_gets_one(client: Client) -> None:
    sale = make_sale(units=3)
    other = Client()
    for person in (client, other):
        put_in_cart(person, sale)
    forms = [open_checkout(person) for person in (client, other)]
    sell_out(sale)
    for person, form in zip((client, other), forms, strict=True):
        assert person.post("/checkout/", form)["Location"] == ROOM
    text = words(client.get(ROOM))
    assert "Sold out for now 3 units are in orders that are not paid yet." in text
    assert "Your number 1" in text
    assert "Your number 2" in words(other.get(ROOM))
    cancel_order(number=Order.objects.get().number, reason="customer", actor="test", now=timezone.now())
    gate.refresh(sale_id=sale.id, now=timezone.now())
    assert go_on(client)["Location"].endswith("/pay/")
    assert Order.objects.filter(status="pending").count() == 1


def test_when_every_unit_is_paid_for_the_room_is_released(client: Client) -> None:
    sale = make_sale(units=1)
    put_in_cart(client, sale)
    form = open_checkout(client)
    sell_out(sale)
    client.post("/checkout/", form)
    assert "Sold out for now" in words(client.get(ROOM))
    Order.objects.update(status="paid", paid_at=timezone.now())
    gate.refresh(sale_id=sale.id, now=timezone.now())
    answer = go_on(client)
    text = words(answer)
    assert "Sold out Every unit has gone to an order that is paid: none will come back." in text
    assert "your cart is kept" in text
    assert "hx-get" not in answer.content.decode()
    assert sale.product_name in words(client.get("/cart/"))
    assert client.get(ROOM)["Location"] == "/checkout/"


def test_a_sale_that_ends_releases_the_room_and_says_so(client: Client) -> None:
    sale = make_sale()
    somebody = Somebody(sale)
    send_order(client, sale)
    end_flash_sale(sale_id=sale.id, actor="test", now=timezone.now())
    gate.refresh(sale_id=sale.id, now=timezone.now())
    somebody.leave()
    assert "The sale is over" in words(go_on(client))


def test_a_cart_changed_while_waiting_is_not_ordered_unseen(client: Client) -> None:
    sale = make_sale()
    somebody = Somebody(sale)
    send_order(client, sale)
    client.post("/cart/add/", {"variant": make_variant(make_product("Kettle")).pk, "quantity": 1})
    somebody.leave()
    answer = go_on(client)
    assert answer.status_code == 409
    assert "Your cart has changed" in words(answer)
    assert 'value="London"' in answer.content.decode()
    assert not Order.objects.exists()


def test_the_checkout_page_says_that_there_is_a_line(client: Client) -> None:
    sale = make_sale()
    somebody, other = Somebody(sale), Client()
    send_order(other, sale)
    put_in_cart(client, sale)
    assert "1 person is waiting in line" in words(client.get("/checkout/"))
    somebody.leave()


def test_a_flushed_redis_costs_nobody_their_place() -> None:
    sale = make_sale()
    Somebody(sale)
    first, second = Client(), Client()
    for person in (first, second):
        send_order(person, sale)
        person.get(ROOM)
    empty_redis()
    Somebody(sale, "another")
    assert "Your number 1" in words(second.get(ROOM))
    assert "Your number 1" in words(first.get(ROOM))
    assert "Your number 2" in words(second.get(ROOM))


def test_without_redis_whoever_waits_gets_their_order(client: Client, settings: Any) -> None:
    sale = make_sale()
    Somebody(sale)
    send_order(client, sale)
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    assert go_on(client)["Location"].endswith("/pay/")


def test_a_ticket_that_was_not_shown_for_minutes_is_a_place_at_the_end(client: Client) -> None:
    sale = make_sale()
    Somebody(sale)
    send_order(client, sale)
    late = timezone.now() + dt.timedelta(minutes=3)
    ticket = client.cookies["queue_ticket"].value
    assert gate.ask_again(ticket=ticket, now=late) is None


def test_an_order_whose_ticket_is_gone_is_not_placed_unasked(client: Client) -> None:
    sale = make_sale()
    somebody = Somebody(sale)
    send_order(client, sale)
    client.get(ROOM)
    somebody.leave()
    # The browser throws the cookie away after two minutes without the page.
    assert client.cookies["queue_ticket"]["max-age"] == 120
    del client.cookies["queue_ticket"]
    page = client.get(ROOM, follow=True)
    assert "You were away for too long and lost your place." in words(page)
    assert 'value="London"' in page.content.decode(), "what was typed is kept"
    assert not Order.objects.exists()


def test_a_place_that_has_not_changed_is_not_shown_again(client: Client) -> None:
    sale = make_sale()
    Somebody(sale)
    other = Client()
    for person in (other, client):
        send_order(person, sale)
    seen = re.search(r"seen=([\w.]+)", client.get(ROOM).content.decode())
    assert seen is not None
    answer = client.get(PLACE, {"seen": seen[1]})
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.cookies["queue_ticket"].value, "the ticket is renewed all the same"
    assert client.get(PLACE, {"seen": "1.1.1.1"}).status_code == 200
