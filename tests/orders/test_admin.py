"""Staff pages for orders, the outbox and job health."""

import datetime as dt

import pytest
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils import timezone

from inventory.models import StockMovement
from inventory.selectors import get_stock_level
from orders.models import Order, OutboxMessage
from orders.outbox import MAX_ATTEMPTS
from orders.services import cancel_order, deliver_outbox, sweep_expired_orders
from payments.services import refund_order
from tests.builders import NOW, buy, make_payment_callback, make_stock_item
from tests.staff import address_of, make_manager, make_staff, page_of, press, press_for_many, said

pytestmark = pytest.mark.django_db(transaction=True)

ORDERS = "/admin/orders/order/"


def place(item, quantity=1, **how) -> Order:
    return Order.objects.get(id=buy((item, quantity), **how).order.id)


def place_and_pay(item, quantity=1) -> Order:
    placed = buy((item, quantity)).order
    make_payment_callback(placed).deliver()
    return Order.objects.get(id=placed.id)


def status_of(order: Order) -> str:
    return Order.objects.get(id=order.id).status


def test_staff_cancel_an_unpaid_order_and_its_units_go_back_on_sale():
    item = make_stock_item(on_hand=5)
    order = place(item, 2)
    response = press(make_manager(), order, "cancel")
    cancelled = Order.objects.get(id=order.id)
    assert (cancelled.status, cancelled.cancel_reason) == ("cancelled", "staff")
    assert get_stock_level(sku=item.sku).available == 5
    assert StockMovement.objects.get(kind="release").actor == "staff:anna"
    assert "Cancel: done." in said(response)


def test_a_question_alone_changes_nothing():
    order = place(make_stock_item())
    manager = make_manager()
    assert manager.get(address_of(order, "cancel")).status_code == 200
    manager.post(ORDERS, {"action": "cancel", "_selected_action": [order.id]})
    assert status_of(order) == "pending"


def test_saying_yes_twice_cancels_once():
    item = make_stock_item(on_hand=5)
    order = place(item, 2)
    manager = make_manager()
    press(manager, order, "cancel")
    assert "“Cancelled” by now" in said(press(manager, order, "cancel"))
    assert StockMovement.objects.filter(kind="release").count() == 1


def test_a_paid_order_is_shipped_and_leaves_the_house():
    item = make_stock_item(on_hand=5)
    order = place_and_pay(item, 2)
    press(make_manager(), order, "ship")
    level = get_stock_level(sku=item.sku)
    assert (status_of(order), level.on_hand, level.available) == ("fulfilled", 3, 3)


def test_a_refund_by_staff_returns_money_and_units():
    item = make_stock_item(on_hand=5)
    order = place_and_pay(item, 2)
    response = press_for_many(make_manager(), [order], "refund")
    assert (status_of(order), get_stock_level(sku=item.sku).available) == ("refunded", 5)
    assert order.payments.get().refunds.get().actor == "staff:anna"
    assert "done" in said(response)


@pytest.mark.parametrize(("action", "words"), [("cancel", "“Paid” by now"), ("ship", "by now, so")])
def test_an_order_that_moved_on_meanwhile_is_explained(action, words):
    item = make_stock_item(on_hand=5)
    manager = make_manager()
    order = place_and_pay(item) if action == "cancel" else place(item)
    before = status_of(order)
    assert words in said(press(manager, order, action))
    assert status_of(order) == before


def test_of_many_orders_those_that_can_be_cancelled_are():
    item = make_stock_item(on_hand=9)
    orders = [place(item), place_and_pay(item), place(item)]
    response = press_for_many(make_manager(), orders, "cancel")
    assert [status_of(order) for order in orders] == ["cancelled", "paid", "cancelled"]
    assert f"{orders[1].number}: the order is “Paid” by now" in said(response)
    assert "Cancel: done for 2." in said(response)


def test_more_than_a_hundred_at_once_is_refused():
    item = make_stock_item(on_hand=200)
    orders = [place(item) for _number in range(101)]
    chosen = {"action": "cancel", "_selected_action": [order.id for order in orders], "confirmed": "yes"}
    response = make_manager().post(ORDERS, chosen, follow=True)
    assert "no more than 100" in said(response)
    assert not Order.objects.exclude(status="pending").exists()


def test_a_parked_order_is_found_and_handed_back_to_the_sweep():
    order, other = place(make_stock_item()), place(make_stock_item())
    Order.objects.filter(id=order.id).update(parked_at=NOW, parked_because="KeyError('x')")
    manager = make_manager()
    found = manager.get(ORDERS, {"parked": "yes"}).context["cl"].result_list
    assert [row.id for row in found] == [order.id]
    press(manager, order, "unpark")
    assert Order.objects.get(id=order.id).parked_at is None
    assert "nothing to do" in said(press(manager, other, "unpark"))


def test_an_order_that_was_parked_once_but_is_settled_by_now_waits_for_nobody():
    order = place(make_stock_item())
    Order.objects.filter(id=order.id).update(parked_at=NOW, status="paid")
    assert not make_manager().get(ORDERS, {"parked": "yes"}).context["cl"].result_list


def test_orders_are_found_by_number_address_and_sku():
    tea, milk = make_stock_item(sku="TEA"), make_stock_item(sku="MILK")
    bought = {"TEA": place(tea), "MILK": place(milk)}
    Order.objects.filter(id=bought["MILK"].id).update(email="milk@example.com")
    manager = make_manager()

    def find(term: str) -> list[int]:
        return [row.id for row in manager.get(ORDERS, {"q": term}).context["cl"].result_list]

    for term in (bought["TEA"].number, bought["TEA"].number.lower(), "TEA", " buyer@example.com "):
        assert find(term) == [bought["TEA"].id]
    assert find("milk@") == [bought["MILK"].id]
    assert find("nothing") == []


def test_the_page_of_an_order_shows_all_there_is_to_know():
    item = make_stock_item(on_hand=5, sku="TEA")
    order = place_and_pay(item, 2)
    manager = make_manager()
    page = manager.get(page_of(order)).content.decode()
    for text in (
        order.number,
        "$20.00",
        "$10.00",
        "TEA",
        "buyer@example.com",
        "Reserve",
        "sandbox",
        "Succeeded",
    ):
        assert text in page
    assert "Mark as shipped" in page
    assert ">Cancel</a>" not in page


def test_an_address_is_shown_in_the_order_it_is_written():
    order = place(make_stock_item())
    address = {"country": "DE", "city": "Berlin", "line1": "Main street 5", "name": "Vera", "phone": "030"}
    Order.objects.filter(id=order.id).update(shipping_address=address)
    page = make_manager().get(page_of(order)).content.decode()
    assert "Vera<br>Main street 5<br>Berlin<br>DE<br>030" in page


def test_a_cancelled_order_shows_what_its_gateway_is_told():
    order = place(make_stock_item())
    cancel_order(number=order.number, reason="customer", actor="test", now=NOW)
    assert "order.cancelled" in make_manager().get(page_of(order)).content.decode()


def test_an_order_is_never_edited_added_or_deleted_here():
    order = place(make_stock_item())
    manager = make_manager()
    assert manager.post(page_of(order), {"status": "paid"}).status_code == 403
    assert manager.get(reverse("admin:orders_order_add")).status_code == 403
    assert manager.post(reverse("admin:orders_order_delete", args=[order.id])).status_code == 403
    assert status_of(order) == "pending"


@pytest.mark.parametrize(
    ("permissions", "allowed"),
    [
        (("view_order",), set()),
        (("view_order", "change_order"), {"cancel", "ship", "unpark"}),
        (("view_order", "add_refund"), {"refund"}),
        (("add_refund", "change_gatewayevent"), set()),
    ],
)
def test_each_action_needs_its_permission(permissions, allowed):
    order = place(make_stock_item())
    vera = make_staff(*permissions)
    for action in ("cancel", "ship", "unpark", "refund"):
        expected = 200 if action in allowed else 403
        assert vera.get(address_of(order, action)).status_code == expected
        if action not in allowed:
            assert vera.post(address_of(order, action), {"confirmed": "yes"}).status_code == 403
            vera.post(ORDERS, {"action": action, "_selected_action": [order.id], "confirmed": "yes"})
    assert status_of(order) == "pending"


def test_who_may_not_see_money_or_the_ledger_does_not_see_them_with_the_order():
    order = place_and_pay(make_stock_item())
    page = make_staff("view_order").get(page_of(order)).content.decode()
    assert "Payments" not in page
    assert "Stock movements" not in page


def test_a_parked_message_is_delivered_again_when_staff_say_so():
    place(make_stock_item())
    parked = OutboxMessage.objects.get()
    OutboxMessage.objects.update(is_waiting=False, parked_at=NOW, attempts=MAX_ATTEMPTS, latest_error="boom")
    manager = make_manager()
    found = manager.get("/admin/orders/outboxmessage/", {"parked": "yes"}).context["cl"].result_list
    assert [message.id for message in found] == [parked.id]
    assert "done" in said(press_for_many(manager, [parked], "requeue"))
    again = OutboxMessage.objects.get()
    assert (again.is_waiting, again.parked_at, again.attempts) == (True, None, 0)


def test_job_health_is_shown():
    sweep_expired_orders(now=dt.datetime.now(tz=dt.UTC))
    assert "sweep_expired_orders" in make_manager().get("/admin/orders/jobhealth/").content.decode()


def test_lists_and_pages_ask_as_many_questions_for_thirty_rows_as_for_three(django_assert_max_num_queries):
    item = make_stock_item(on_hand=100)
    manager = make_manager()
    # Asked once in a process's life.
    ContentType.objects.get_for_model(Order)
    for rows in (3, 27):
        for _row in range(rows):
            order = place(item)
            cancel_order(number=order.number, reason="customer", actor="test", now=NOW)
        for address in (ORDERS, "/admin/orders/outboxmessage/"):
            with django_assert_max_num_queries(6):
                manager.get(address)
        with django_assert_max_num_queries(16):
            manager.get(page_of(order))


@pytest.mark.parametrize(
    "address",
    [
        "order/%00/change/",
        "order/99999999999999999999999/change/",
        "order/99999999999999999999999/do/cancel/",
        "order/%00/do/cancel/",
        "order/1/do/unknown/",
        "order/?q=%00",
        "order/?q=" + "x" * 5000,
        "order/?q=%F0%9F%92%A9@",
        "order/?status__exact=%00",
        "order/?parked=%00",
        "order/?placed_at__gte=x",
        "order/?placed_at__gte=0001-01-01+00:00:00%2B23:00",
        "order/?customer__id__exact=99999999999999999999999",
        "jobhealth/%00/change/",
        "jobhealth/" + "x" * 3000 + "/change/",
        "outboxmessage/?topic=%00",
    ],
)
def test_strange_addresses_are_answered(address):
    assert make_manager().get(f"/admin/orders/{address}", follow=True).status_code in (200, 400, 404)


def test_an_order_shows_what_was_told_of_each_part_that_went_back():
    order = place_and_pay(make_stock_item(on_hand=5), 2)
    refund_order(number=order.number, amount=100, reason="late", actor="anna", now=timezone.now())
    deliver_outbox(now=timezone.now())
    page = make_manager().get(f"{ORDERS}{order.id}/change/").content.decode()
    shown = page.partition("Outbox messages")[2]
    assert "order.refunded/mail" in shown
    assert "payment.refund/payments" in shown


def test_orders_are_found_by_e_mail_along_an_index():
    order = place(make_stock_item())
    chosen = make_manager().get(ORDERS, {"q": order.email.upper()}).context["cl"].queryset
    assert [found.id for found in chosen] == [order.id]
    plan = chosen.explain()
    assert "order_email" in plan
