"""The page on which staff refund an order by line."""

import re

import pytest
from django.contrib.admin.models import LogEntry

from inventory.selectors import get_stock_level
from orders.models import Order
from orders.selectors import get_order
from orders.services import fulfil_order
from payments.models import Refund
from payments.services import refund_order
from tests.builders import NOW, buy, make_payment_callback, make_stock_item
from tests.staff import address_of, make_manager, make_staff, page_of, said

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def items():
    return make_stock_item(on_hand=10), make_stock_item(on_hand=10)


@pytest.fixture
def order(items):
    """Three of one thing and two of another, at 10.00 each, paid."""
    placed = buy((items[0], 3), (items[1], 2)).order
    make_payment_callback(placed).deliver()
    return Order.objects.get(id=placed.id)


def open_form(client, order):
    """Open the page and return what its form holds."""
    page = client.get(address_of(order, "refund"))
    assert page.status_code == 200
    form = page.context["form"]
    return {"extent": "some", "reason": "broken", "token": form.initial["token"]}


def send(client, order, form, **values):
    return client.post(address_of(order, "refund"), {**form, **values}, follow=True)


def view(order):
    return get_order(number=order.number)


def test_chosen_units_are_refunded_and_go_on_sale_again(order, items):
    anna = make_manager()
    response = send(anna, order, open_form(anna, order), quantity_0="2", restock_0="on")
    assert "Refund of $20.00" in said(response)
    assert (view(order).status, view(order).refunded_amount) == ("paid", 2000)
    assert get_stock_level(sku=items[0].sku).available == 9
    refund = Refund.objects.get()
    assert (refund.amount, refund.reason, refund.actor) == (2000, "broken", "staff:anna")
    assert "$20.00" in LogEntry.objects.latest("id").change_message
    page = anna.get(page_of(order)).content.decode()
    assert "$20.00" in page
    assert "broken" in page


def test_units_that_are_not_ticked_are_written_off(order, items):
    anna = make_manager()
    send(anna, order, open_form(anna, order), quantity_0="2")
    level = get_stock_level(sku=items[0].sku)
    assert (level.on_hand, level.available) == (8, 7)


def test_of_shipped_units_only_those_ticked_came_back(order, items):
    fulfil_order(number=order.number, actor="ann", now=NOW)
    anna = make_manager()
    assert "Came back" in anna.get(address_of(order, "refund")).content.decode()
    send(anna, order, open_form(anna, order), quantity_0="1", quantity_1="1", restock_1="on")
    assert [get_stock_level(sku=item.sku).on_hand for item in items] == [7, 9]


def test_everything_that_is_left_is_one_choice(order):
    anna = make_manager()
    send(anna, order, open_form(anna, order), extent="all")
    assert (view(order).status, Refund.objects.get().amount) == ("refunded", 5000)


def test_a_free_amount_is_written_as_people_write_money(order):
    anna = make_manager()
    send(anna, order, open_form(anna, order), amount="12.34")
    assert view(order).refunded_amount == 1234


def test_a_second_click_refunds_nothing_more(order, items):
    """Case 43: a double refund."""
    anna = make_manager()
    form = open_form(anna, order)
    for _click in range(2):
        response = send(anna, order, form, quantity_0="1", restock_0="on")
        assert response.redirect_chain
    assert (Refund.objects.count(), get_stock_level(sku=items[0].sku).available) == (1, 8)


def test_a_second_click_on_everything_shows_the_order_again(order):
    anna = make_manager()
    form = open_form(anna, order)
    for _click in range(2):
        assert send(anna, order, form, extent="all").redirect_chain
    assert Refund.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"quantity_0": "4"}, "quantity_0"),
        ({"quantity_0": "-1"}, "quantity_0"),
        ({"quantity_0": "1.5"}, "quantity_0"),
        ({"quantity_0": "９" * 5000}, "quantity_0"),
        ({"amount": "50.01"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "1.001"}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"amount": "1e400"}, "amount"),
        ({"amount": "5", "reason": ""}, "reason"),
        ({"amount": "5", "reason": "x" * 201}, "reason"),
        ({"amount": "5", "extent": "half"}, "extent"),
        ({"amount": "5", "token": "x"}, "token"),
        ({"amount": "5", "extent": "all"}, "extent"),
        ({"quantity_0": "1", "extent": "all"}, "extent"),
        ({}, "extent"),
        ({"quantity_0": "0", "amount": "0"}, "extent"),
    ],
)
def test_what_cannot_be_refunded_is_said_next_to_its_field(order, values, field):
    anna = make_manager()
    page = send(anna, order, open_form(anna, order), **values)
    assert page.status_code == 200
    assert list(page.context["form"].errors) == [field]
    assert "Nothing was refunded." in page.content.decode()
    assert (view(order).refunded_amount, Refund.objects.exists()) == (0, False)


def test_what_somebody_else_refunded_meanwhile_is_not_refunded_again(order):
    anna = make_manager()
    form = open_form(anna, order)
    refund_order(number=order.number, reason="", actor="bob", now=NOW, amount=4500)
    page = send(anna, order, form, amount="10")
    assert "No more than $5.00 is left" in page.content.decode()
    refund_order(number=order.number, reason="", actor="bob", now=NOW)
    page = send(anna, order, form, amount="1")
    assert "Somebody else was faster" in page.content.decode()
    assert view(order).refunded_amount == 5000


def test_the_page_has_what_its_live_sums_are_made_of(order):
    page = make_manager().get(address_of(order, "refund")).content.decode()
    assert re.findall(r'data-paid="(\d+)" data-quantity="(\d+)" data-refunded="(\d+)"', page) == [
        ("3000", "3", "0"),
        ("2000", "2", "0"),
    ]
    assert 'data-left="5000"' in page


def test_refunding_needs_its_permission(order):
    vera = make_staff("view_order", "change_order")
    assert vera.get(address_of(order, "refund")).status_code == 403
    assert vera.post(address_of(order, "refund"), {"extent": "all"}).status_code == 403
    assert (
        "refund" not in vera.get(page_of(order)).content.decode().lower().partition("object-tools")[2][:400]
    )
    assert not Refund.objects.exists()


def test_an_order_that_is_not_paid_has_no_page_for_it(items):
    placed = buy((items[0], 1)).order
    order = Order.objects.get(id=placed.id)
    anna = make_manager()
    assert "do/refund" not in anna.get(page_of(order)).content.decode()
    page = anna.post(address_of(order, "refund"), {"extent": "all", "reason": "x", "token": "a" * 32})
    assert "Somebody else was faster" in page.content.decode()
    assert not Refund.objects.exists()
