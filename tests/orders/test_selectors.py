"""Reads of orders, and the tokens that open an order to its guest."""

from dataclasses import replace

import pytest
from django.contrib.auth import get_user_model

from orders.selectors import (
    check_order_token,
    find_placed,
    get_orders_by_id,
    list_customer_orders,
    order_token,
)
from orders.services import place_order
from tests.builders import NOW, buy, make_draft, make_stock_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def item():
    return make_stock_item(on_hand=50)


def test_a_placed_order_is_found_by_its_key_and_scope(item):
    draft = make_draft((item, 1))
    placed = place_order(draft=draft, idempotency_scope="s", idempotency_key="k", fingerprint="f", now=NOW)
    assert find_placed(idempotency_scope="s", idempotency_key="k") == (placed.order, "f")
    assert find_placed(idempotency_scope="s", idempotency_key="K") is None
    assert find_placed(idempotency_scope="S", idempotency_key="k") is None


def test_orders_are_found_by_id(item):
    first, second = buy((item, 1)).order, buy((item, 2)).order
    assert get_orders_by_id(ids=[first.id, second.id, 1]) == {first.id: first, second.id: second}


def test_a_customer_sees_their_own_orders_newest_first_and_page_by_page(item):
    ann = get_user_model().objects.create_user("ann")
    draft = replace(make_draft((item, 1)), customer_id=ann.id)
    buy((item, 1))
    numbers: list[str] = []
    for n in range(5):
        placed = place_order(draft=draft, idempotency_scope="s", idempotency_key=str(n), now=NOW)
        numbers.insert(0, placed.order.number)
    first = list_customer_orders(customer_id=ann.id, limit=3)
    rest = list_customer_orders(customer_id=ann.id, limit=3, before_id=first[-1].id)
    assert [order.number for order in first + rest] == numbers


def test_listing_orders_takes_as_many_queries_for_many_as_for_one(item, django_assert_num_queries):
    ids = [buy((item, 1), (item, 1)).order.id for _ in range(5)]
    # The orders, their lines, their adjustments.
    with django_assert_num_queries(3):
        get_orders_by_id(ids=ids)


def test_a_token_opens_its_own_order_only():
    token = order_token(number="A")
    assert check_order_token(number="A", token=token)
    assert not check_order_token(number="B", token=token)
    assert token == order_token(number="A")


@pytest.mark.parametrize("token", ["", "x", "é🦊", "\ud800", "0" * 40])
def test_any_other_text_opens_nothing(token):
    assert not check_order_token(number="A", token=token)


def test_a_token_outlives_its_secret_as_long_as_that_is_a_fallback(settings):
    token = order_token(number="A")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert check_order_token(number="A", token=token)
    assert order_token(number="A") != token
    settings.SECRET_KEY_FALLBACKS = []
    assert not check_order_token(number="A", token=token)
