"""What staff see of the steps after payment, and what they can do about them."""

import pytest

from orders.errors import StepRefused
from orders.models import Order
from orders.steps.models import OrderStep
from tests.orders.steps import World, deliver, list_states, place_paid
from tests.staff import address_of, make_manager, make_staff, page_of, press, said

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world():
    return World()


def get_step(name):
    return OrderStep.objects.get(name=name)


def read(client, record):
    return client.get(page_of(record)).content.decode()


def test_the_page_of_an_order_shows_how_far_each_step_has_come(world):
    world.add_step("shipment", failures=[RuntimeError("no line")])
    world.add_step("warehouse")
    place_paid()
    deliver()
    page = read(make_manager(), Order.objects.get())
    assert "After payment" in page
    assert "no line" in page
    assert "To be done" in page
    assert "Waits for the steps before it" in page
    assert address_of(get_step("shipment"), "try_again") in page
    assert address_of(get_step("shipment"), "settle") in page
    assert address_of(get_step("warehouse"), "settle") not in page


def test_staff_see_why_the_money_of_an_order_went_back(world):
    world.add_step("shipment", failures=[StepRefused("no such street")])
    place_paid()
    deliver()
    page = read(make_manager(), Order.objects.get())
    assert "Undone" in page
    assert "failed for good (no such street), so the order was taken back and refunded." in page


def test_staff_have_a_step_tried_again(world):
    world.add_step("shipment", failures=[RuntimeError("no line")])
    order, _item = place_paid()
    deliver()
    assert "Try again: done." in said(press(make_manager(), get_step("shipment"), "try_again"))
    deliver()
    assert list_states(order) == {"shipment": "done"}


def test_staff_settle_a_step_by_hand_and_are_named(world):
    world.add_step("shipment", failures=[RuntimeError("no line")])
    order, _item = place_paid()
    deliver()
    press(make_manager(), get_step("shipment"), "settle")
    assert list_states(order) == {"shipment": "settled"}
    assert get_step("shipment").settled_by == "staff:anna"


def test_who_may_only_look_presses_nothing(world):
    world.add_step("shipment", failures=[RuntimeError("no line")])
    order, _item = place_paid()
    deliver()
    vera = make_staff("view_order", "view_orderstep")
    assert "no line" in read(vera, get_step("shipment"))
    for action in ("try_again", "settle"):
        assert vera.post(address_of(get_step("shipment"), action)).status_code == 403
    assert list_states(order) == {"shipment": "ready"}


def test_steps_left_to_staff_are_found_in_one_list(world):
    world.add_step("points", is_critical=False, failures=[StepRefused("no account")])
    world.add_step("shipment")
    place_paid()
    deliver()
    page = make_manager().get("/admin/orders/orderstep/?left=yes").content.decode()
    assert "no account" in page
    assert "shipment" not in page.split("results")[-1].split("</table>")[0]


def test_an_order_that_is_being_taken_back_cannot_be_shipped_and_says_why(world):
    world.add_step("shipment", undo_failures=[RuntimeError("no line")])
    world.add_step("warehouse", failures=[StepRefused("closed")])
    place_paid()
    deliver()
    answer = press(make_manager(), Order.objects.get(), "ship")
    assert "is being taken back" in said(answer)


def test_the_page_of_an_order_tells_by_what_number_its_parcel_is_found(world):
    world.add_step("shipment")
    place_paid()
    deliver()
    OrderStep.objects.update(result={"carrier": "Post", "tracking_number": "PP-42", "tracking_url": ""})
    assert "PP-42" in read(make_manager(), Order.objects.get())
