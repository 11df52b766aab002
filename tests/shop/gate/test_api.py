"""The gate as programs meet it: told how long the line is, they send the same request again."""

import datetime as dt
import re
import threading
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from config.books import check_books
from inventory.errors import StockBusy
from inventory.selectors import get_stock_level
from inventory.transactions import CommitUnknown
from orders.models import Order
from orders.types import PlacedOrder
from shop.errors import PriceChanged
from shop.gate import services as gate
from shop.gate.entrance import Visitor, place_through_gate
from shop.sale_types import FlashSaleView
from shop.services.flash_sales import tend_flash_sales
from tests.before_django import ShopClient
from tests.builders import buy
from tests.concurrency.race import race
from tests.emptied import empty_redis
from tests.shop.api.calls import assert_problem, post_order
from tests.shop.gate.test_waiting_room import Somebody
from tests.shop.selling import count_left, make_sale

pytestmark = pytest.mark.django_db


@pytest.fixture
def one_at_a_time(settings: Any) -> None:
    """Let one order at a time through the gate."""
    settings.GATE_MAX_IN_FLIGHT = 1
    settings.GATE_FACTOR, settings.GATE_SLACK = 1.0, 0


def order(client: Client, sale: FlashSaleView, key: str, ticket: str | None = None, quantity: int = 1) -> Any:
    return post_order(
        client, (sale.sku, quantity), key=key, headers={"Queue-Ticket": ticket} if ticket else None
    )


def read_levels(sale: FlashSaleView) -> Any:
    return gate.read_levels(sale_id=sale.id, now=timezone.now())


def test_with_room_a_program_never_notices_the_gate(client: Client, one_at_a_time: None) -> None:
    sale = make_sale()
    for _time in range(5):
        assert order(client, sale, uuid.uuid4().hex).status_code == 201
    levels = read_levels(sale)
    assert (levels.left, levels.in_flight, levels.admitted) == (5, 0, 5)


def test_a_program_is_told_its_place_and_comes_back_with_its_ticket(
    client: Client, one_at_a_time: None
) -> None:
    sale = make_sale()
    somebody = Somebody(sale)
    first = assert_problem(order(client, sale, "a"), 503, "waiting-room")
    answer = order(client, sale, "b")
    second = assert_problem(answer, 503, "waiting-room")
    assert (first["place"], second["place"]) == (1, 2)
    assert second["seconds"] is None, "one let in tells nobody how long it takes"
    assert int(answer["Retry-After"]) in (1, 2)
    assert not Order.objects.exists()
    somebody.leave()
    assert order(client, sale, "a", first["ticket"]).status_code == 201
    assert order(client, sale, "b", second["ticket"]).status_code == 201


def test_an_order_placed_before_is_found_whatever_the_gate_says(client: Client, one_at_a_time: None) -> None:
    sale = make_sale()
    number = order(client, sale, "mine").json()["number"]
    assert order(client, sale, "mine").json()["number"] == number
    Somebody(sale)
    again = order(client, sale, "mine")
    assert (again.status_code, again.json()["number"]) == (201, number)
    assert again["Idempotent-Replayed"] == "true"
    assert read_levels(sale).left == 9


def test_an_order_placed_before_is_found_when_all_is_gone(client: Client) -> None:
    sale = make_sale(units=1)
    number = order(client, sale, "mine").json()["number"]
    gate.refresh(sale_id=sale.id, now=timezone.now())
    assert_problem(order(client, sale, "other"), 409, "out-of-stock")
    assert order(client, sale, "mine").json()["number"] == number


@pytest.mark.parametrize("ticket", ["nonsense", "x:y:z", "a" * 3000, "{}"])
def test_a_forged_ticket_is_a_place_at_the_end_and_no_error(
    client: Client, one_at_a_time: None, ticket: str
) -> None:
    sale = make_sale()
    Somebody(sale)
    order(client, sale, "a")
    assert assert_problem(order(client, sale, "b", ticket), 503, "waiting-room")["place"] == 2


def test_a_ticket_of_another_sale_or_another_request_is_a_place_at_the_end(
    client: Client, one_at_a_time: None
) -> None:
    sale, other = make_sale(), make_sale()
    for each in (sale, other):
        Somebody(each, f"blocks {each.id}")
    foreign = order(client, other, "x").json()["ticket"]
    front = order(client, sale, "a").json()["ticket"]
    assert order(client, sale, "b", foreign).json()["place"] == 2
    assert order(client, sale, "c", front).json()["place"] == 3


def test_sold_out_is_told_as_always_and_says_so_to_all_who_wait(client: Client, one_at_a_time: None) -> None:
    sale = make_sale(units=1)
    somebody = Somebody(sale)
    waiting = [order(client, sale, f"waits-{number}").json()["ticket"] for number in range(3)]
    sell_past_the_gate(sale, 1)
    somebody.leave()
    gate.refresh(sale_id=sale.id, now=timezone.now())
    for number, ticket in enumerate(waiting):
        problem = assert_problem(order(client, sale, f"waits-{number}", ticket), 409, "out-of-stock")
        assert problem["errors"] == [{"sku": sale.sku, "requested": 1, "available": 0}]
    assert read_levels(sale).waiting == 0


def sell_past_the_gate(sale: FlashSaleView, units: int) -> None:
    """Sell units behind the gate's back."""
    buy((get_stock_level(sku=sale.sku), units))


@pytest.mark.parametrize(
    ("error", "in_flight", "left"),
    [
        (PriceChanged(1, 2), 0, 10),
        (StockBusy("too many"), 0, 10),
        (CommitUnknown("lost"), 1, 10),
        (ZeroDivisionError(), 0, 10),
    ],
)
def test_what_happens_to_a_place_by_how_the_order_ended(error: Exception, in_flight: int, left: int) -> None:
    sale = make_sale()

    def fail() -> PlacedOrder:
        raise error

    with pytest.raises(type(error)):
        place_through_gate(
            fail,
            find_replay=lambda: None,
            quantities=[(sale.sku, 1)],
            visitor=Visitor("me"),
            now=timezone.now(),
        )
    levels = read_levels(sale)
    assert (levels.in_flight, levels.left) == (in_flight, left)


def test_two_offers_in_one_order_pass_two_gates_and_hold_neither_while_they_wait(
    client: Client, one_at_a_time: None
) -> None:
    first, second = make_sale(), make_sale()
    somebody = Somebody(second)
    lines = [(first.sku, 1), (second.sku, 2)]
    problem = assert_problem(post_order(client, *lines, key="both"), 503, "waiting-room")
    assert (read_levels(first).in_flight, read_levels(second).waiting) == (0, 1)
    somebody.leave()
    answer = post_order(client, *lines, key="both", headers={"Queue-Ticket": problem["ticket"]})
    assert answer.status_code == 201
    assert (read_levels(first).left, read_levels(second).left) == (9, 8)


def test_a_flushed_redis_in_the_middle_changes_nothing_for_programs(client: Client) -> None:
    sale = make_sale(units=6)
    for number in range(3):
        assert order(client, sale, f"before-{number}").status_code == 201
    empty_redis()
    for number in range(3):
        assert order(client, sale, f"after-{number}").status_code == 201
    assert_problem(order(client, sale, "too-late"), 409, "out-of-stock")
    gate.refresh(sale_id=sale.id, now=timezone.now())
    assert gate.read_drift(sale_id=sale.id, available=0, now=timezone.now()) == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("redis", ["there", "away"])
def test_a_crowd_at_the_gate_gets_every_unit_once_and_the_books_balance(settings: Any, redis: str) -> None:
    """Forty programs that keep to what they are told, for twelve units."""
    settings.GATE_MAX_IN_FLIGHT, settings.GATE_SLACK = 4, 2
    if redis == "away":
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    sale = make_sale(units=12)
    waits = threading.Event()

    def shop() -> int:
        client, key, ticket = ShopClient(), uuid.uuid4().hex, None
        for _time in range(200):
            answer = order(client, sale, key, ticket)
            if answer.status_code != 503:
                return int(answer.status_code)
            ticket = answer.json().get("ticket")
            waits.wait(0.05)
        raise AssertionError("nobody let it in")

    outcome = race([shop] * 40)
    assert outcome.errors == []
    assert sorted(outcome.results) == [201] * 12 + [409] * 28
    assert count_left(sale)[1] == 0
    assert check_books() == []
    if redis == "there":
        gate.refresh(sale_id=sale.id, now=timezone.now())
        assert gate.read_drift(sale_id=sale.id, available=0, now=timezone.now()) == 0
        assert read_levels(sale).in_flight == 0


@pytest.mark.parametrize("state", ["selling", "away"])
def test_metrics_show_what_the_gate_believes_and_survive_without_redis(
    client: Client, settings: Any, one_at_a_time: None, state: str
) -> None:
    sale = make_sale()
    Somebody(sale)
    order(client, sale, "waits")
    if state == "away":
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
        client.get("/metrics")
    text = client.get("/metrics").content.decode()
    shown = dict(re.findall(rf'^(shop_gate_\w+){{sale="{sale.id}"}} (\S+)$', text, re.MULTILINE))
    if state == "away":
        assert shown == {}
        assert re.search(r"^shop_gate_breaker_open 1.0$", text, re.MULTILINE)
        assert re.search(r"^shop_redis_up 0.0$", text, re.MULTILINE)
        assert not re.search(r"^shop_gate_redis_errors_total 0.0$", text, re.MULTILINE)
    else:
        assert shown == {
            "shop_gate_units": "9.0",
            "shop_gate_in_flight": "1.0",
            "shop_gate_waiting": "1.0",
            "shop_gate_admitted_total": "1.0",
            "shop_gate_drift": "0.0",
        }


def test_tending_sales_tells_the_gate_what_is_left(client: Client) -> None:
    sale = make_sale(units=4)
    other = make_sale(starts_at=timezone.now() + dt.timedelta(hours=1))
    assert order(client, sale, "first").status_code == 201
    sell_past_the_gate(sale, 2)
    assert read_levels(sale).left == 3
    tend_flash_sales(now=timezone.now())
    assert read_levels(sale).left == 1
    assert read_levels(other) is None
