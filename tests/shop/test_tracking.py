"""Where a parcel is: on the customer's order page and in the API, once its shipment is booked."""

import pytest

from orders.models import Order
from orders.selectors import order_token
from orders.steps.models import OrderStep
from tests.orders.steps import deliver, place_paid

pytestmark = pytest.mark.django_db


def read_page(client, order):
    return client.get(f"/orders/{order.number}/{order_token(number=order.number)}/").content.decode()


def read_api(client, order):
    token = order_token(number=order.number)
    return client.get(f"/api/v1/orders/{order.number}/", headers={"Order-Token": token}).json()["tracking"]


def test_before_its_shipment_is_booked_an_order_has_no_tracking_number(client):
    order, _item = place_paid()
    assert read_api(client, order) is None
    assert "Tracking number" not in read_page(client, order)


def test_the_built_in_carrier_gives_every_order_a_tracking_number(client):
    order, _item = place_paid()
    deliver()
    number = f"{order.number}-1"
    assert read_api(client, order) == {"carrier": "Flat rate", "number": number, "url": ""}
    page = read_page(client, order)
    assert "Tracking number at Flat rate:" in page
    assert number in page


def test_a_carrier_with_a_page_of_its_own_is_linked(client):
    order, _item = place_paid()
    deliver()
    booked = {
        "carrier": "A & B",
        "tracking_number": "<T>",
        "tracking_url": "https://carrier.example/?a=1&b=2",
    }
    OrderStep.objects.update(result=booked)
    page = read_page(client, order)
    assert 'href="https://carrier.example/?a=1&amp;b=2"' in page
    assert "&lt;T&gt;" in page
    assert read_api(client, order)["url"] == "https://carrier.example/?a=1&b=2"


def test_a_shipment_that_was_cancelled_is_not_shown_any_more(client):
    order, _item = place_paid()
    deliver()
    OrderStep.objects.update(state="undone")
    assert Order.objects.get().status == "paid"
    assert read_api(client, order) is None
