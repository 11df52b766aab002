"""Part of an order goes back: by line and quantity or by amount, never more than was paid, and once."""

import pytest

from inventory.books import check_stock
from inventory.selectors import get_stock_level, list_movements
from orders.books import check_orders
from orders.errors import InvalidTransition, NotThatManyToRefund, RefundTooLarge
from orders.models import OrderLine
from orders.selectors import get_order
from orders.services import connect, deliver_outbox, fulfil_order
from orders.types import LineRefund
from payments.books import check_payments
from payments.errors import NothingToRefund
from payments.gateways.sandbox import provider
from payments.models import OrderRefund, Payment, PaymentStatus, Refund, SandboxCharge
from payments.services import refund_order
from tests.builders import NOW, buy, make_callback, make_stock_item, open_payment
from tests.sessions import run_sql

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _the_books_balance_afterwards():
    yield
    assert [*check_stock(), *check_orders(), *check_payments()] == []


@pytest.fixture
def items():
    return make_stock_item(on_hand=10), make_stock_item(on_hand=10)


@pytest.fixture
def order(items):
    """Three of one thing and two of another, at 10.00 each, paid."""
    return make_paid_order((items[0], 3), (items[1], 2))


def make_paid_order(*wanted, unit_price=1000):
    order = buy(*wanted, unit_price=unit_price).order
    reference = open_payment(order)
    provider.settle_charge(reference, approve=True)
    make_callback(reference, amount=order.total_amount).deliver()
    return get_order(number=order.number)


def refund(order, *lines, **how):
    chosen = tuple(LineRefund(*line) for line in lines)
    return refund_order(
        number=order.number, reason="broken", actor="ann", now=NOW, **{"lines": chosen, **how}
    )


def ship(order):
    return fulfil_order(number=order.number, actor="ann", now=NOW)


def count(item):
    level = get_stock_level(sku=item.sku)
    return level.on_hand, level.available


def list_amounts():
    return list(Refund.objects.order_by("id").values_list("amount", flat=True))


def test_some_units_of_a_line_give_back_their_money_and_go_on_sale_again(order, items):
    after = refund(order, (0, 2))
    assert (after.status, after.refunded_amount) == ("paid", 2000)
    assert [line.refunded_quantity for line in after.lines] == [2, 0]
    assert list_amounts() == [2000]
    assert (count(items[0]), count(items[1])) == ((10, 9), (10, 8))


def test_what_is_left_of_the_order_is_shipped_and_nothing_else(order, items):
    refund(order, (0, 2))
    assert ship(order).status == "fulfilled"
    assert (count(items[0]), count(items[1])) == ((9, 9), (8, 8))


def test_an_order_is_refunded_once_all_its_money_has_gone_back(order, items):
    assert refund(order, (0, 1)).status == "paid"
    assert refund(order, (0, 2)).status == "paid"
    after = refund(order, (1, 2))
    assert (after.status, after.refunded_at, after.refunded_amount) == ("refunded", NOW, 5000)
    assert list_amounts() == [1000, 2000, 2000]
    assert [count(item) for item in items] == [(10, 10), (10, 10)]


def test_everything_that_is_left_goes_back_after_a_part(order, items):
    refund(order, (0, 1), amount=700)
    after = refund(order)
    assert (after.status, after.refunded_amount) == ("refunded", 5000)
    assert [line.refunded_quantity for line in after.lines] == [3, 2]
    assert list_amounts() == [700, 4300]
    assert [count(item) for item in items] == [(10, 10), (10, 10)]


def test_an_amount_goes_back_and_the_units_stay_with_the_order(order, items):
    after = refund(order, amount=1234)
    assert (after.status, after.refunded_amount) == ("paid", 1234)
    assert [count(item) for item in items] == [(10, 7), (10, 8)]


def test_units_that_are_broken_are_written_off_and_not_sold_again(order, items):
    refund(order, (0, 2, False), (1, 1, True))
    assert (count(items[0]), count(items[1])) == ((8, 7), (10, 9))
    ship(order)
    assert (count(items[0]), count(items[1])) == ((7, 7), (9, 9))


def test_shipped_units_that_came_back_are_booked_as_returned(order, items):
    ship(order)
    after = refund(order, (0, 2, True), (1, 1))
    assert (after.status, after.refunded_amount) == ("fulfilled", 3000)
    assert (count(items[0]), count(items[1])) == ((9, 9), (8, 8))
    [returned] = [m for m in list_movements(references=[f"order:{order.number}"]) if m.kind == "return"]
    assert (returned.available_delta, returned.on_hand_delta, returned.actor) == (2, 2, "ann")


def test_returns_come_one_after_the_other_and_never_more_than_were_shipped(order, items):
    refund(order, (0, 1))
    ship(order)
    refund(order, (0, 1, True))
    refund(order, (0, 1, True))
    assert count(items[0]) == (10, 10)
    with pytest.raises(NotThatManyToRefund):
        refund(order, (0, 1, True))
    assert count(items[0]) == (10, 10)


@pytest.mark.parametrize("quantity", [0, -1, 4, 10**30])
def test_a_line_gives_back_no_more_units_than_it_has(order, items, quantity):
    with pytest.raises(NotThatManyToRefund):
        refund(order, (0, quantity))
    assert (list_amounts(), count(items[0])) == ([], (10, 7))


@pytest.mark.parametrize("lines", [[(2, 1)], [(-1, 1)], [(0, 1), (0, 1)]])
def test_lines_are_named_once_and_exist(order, lines):
    with pytest.raises(NotThatManyToRefund):
        refund(order, *lines)
    assert list_amounts() == []


@pytest.mark.parametrize("amount", [5001, -1, 10**30])
def test_no_more_money_goes_back_than_is_left(order, items, amount):
    with pytest.raises(RefundTooLarge) as refusal:
        refund(order, (0, 1), amount=amount)
    assert refusal.value.left == 5000
    assert (list_amounts(), count(items[0]), get_order(number=order.number).lines[0].refunded_quantity) == (
        [],
        (10, 7),
        0,
    )


def test_nothing_is_not_refunded(order):
    with pytest.raises(NothingToRefund):
        refund(order, amount=0)


def test_units_may_come_back_without_their_money(order, items):
    after = refund(order, (0, 3), (1, 2), amount=0)
    assert (after.status, after.refunded_amount, list_amounts()) == ("paid", 0, [])
    assert [count(item) for item in items] == [(10, 10), (10, 10)]
    assert ship(order).status == "fulfilled"
    assert refund(order).status == "refunded"


def test_lines_cost_no_more_than_what_an_earlier_refund_left(order):
    refund(order, amount=4500)
    after = refund(order, (0, 3))
    assert (after.status, list_amounts()) == ("refunded", [4500, 500])


def test_an_order_all_of_whose_money_went_back_gives_its_units_back_too(order, items):
    assert refund(order, amount=5000).status == "refunded"
    assert [count(item) for item in items] == [(10, 10), (10, 10)]
    with pytest.raises(InvalidTransition):
        ship(order)


def test_a_free_order_is_refunded_when_all_its_units_are(items):
    order = buy((items[0], 2), unit_price=0).order
    assert refund(order, (0, 1)).status == "paid"
    assert refund(order, (0, 1)).status == "refunded"
    assert (count(items[0]), list_amounts()) == ((10, 10), [])


def test_the_same_form_sent_twice_refunds_once(order, items):
    """Case 33: sending a refund again compensates nothing again."""
    first = refund(order, (0, 1), token="a" * 32)
    assert refund(order, (0, 1), token="a" * 32) == first
    assert (list_amounts(), count(items[0])) == ([1000], (10, 8))
    assert refund(order, (0, 1), token="b" * 32).refunded_amount == 2000


def test_the_last_form_sent_twice_says_no_error_either(order):
    assert refund(order, token="a" * 32).status == "refunded"
    assert refund(order, token="a" * 32).status == "refunded"
    assert OrderRefund.objects.count() == 1


def test_each_part_is_sent_by_the_gateway_once(order):
    """Case 43: a double refund."""
    refund(order, (0, 1))
    refund(order, amount=250)
    deliver_outbox(now=NOW)
    deliver_outbox(now=NOW)
    assert sorted(SandboxCharge.objects.get().refunds.values()) == [250, 1000]
    assert set(Refund.objects.values_list("status", flat=True)) == {"succeeded"}


def split_payment(order, *amounts):
    """Be an order that was paid in parts."""
    payment = Payment.objects.get(order_id=order.id)
    for number, amount in enumerate(amounts[1:], start=1):
        Payment.objects.create(
            id=payment.id + number,
            order_id=order.id,
            gateway="sandbox",
            reference=f"part {number}",
            status=PaymentStatus.SUCCEEDED,
            amount=amount,
            received_amount=amount,
            currency="USD",
            created_at=NOW,
        )
    Payment.objects.filter(id=payment.id).update(received_amount=amounts[0])


def test_money_goes_back_to_where_it_came_from_payment_by_payment(order):
    split_payment(order, 2000, 2500, 500)
    refund(order, amount=2100)
    refund(order, amount=2500)
    assert list_amounts() == [2000, 100, 2400, 100]
    assert refund(order).status == "refunded"
    kept = Payment.objects.values_list("received_amount", "refunded_amount")
    assert all(received == refunded for received, refunded in kept)


def test_a_unit_released_once_cannot_be_released_again_under_any_reference(order, items):
    """Case 29: the ledger's unique key, not a flag, stands against it."""
    refund(order, (0, 2))
    moves = [
        (m.kind, m.available_delta, m.reference.partition("/")[2])
        for m in list_movements(references=[f"order:{order.number}", f"order:{order.number}/2"])
        if m.sku == items[0].sku
    ]
    assert moves == [("reserve", -3, ""), ("release", 3, ""), ("reserve", -1, "2")]


def test_cancelling_what_is_left_returns_what_is_left_only(order, items):
    """Case 32: a part refunded, then all, and no unit comes back twice."""
    refund(order, (0, 2))
    refund(order)
    assert [count(item) for item in items] == [(10, 10), (10, 10)]


def test_the_database_itself_holds_the_units_of_a_line(order):
    for change in ("refunded_quantity = 4", "withdrawn_quantity = 1", "refunded_quantity = -1"):
        with pytest.raises(Exception, match="orderline_refunds_within_quantity"):
            run_sql(f"UPDATE orders_orderline SET {change} WHERE quantity = 3")  # noqa: S608
    with pytest.raises(Exception, match="order_refunds_within_total"):
        run_sql("UPDATE orders_order SET refunded_amount = 5001")
    assert OrderLine.objects.filter(refunded_quantity=0).count() == 2


def test_each_part_is_told_once_and_the_last_one_as_the_whole(order):
    told = []
    connect("order.refunded", lambda key, payload: told.append(payload), subscriber="test")
    refund(order, (0, 1))
    refund(order)
    deliver_outbox(now=NOW)
    part = OrderRefund.objects.earliest("id")
    assert sorted(told, key=len) == [
        {"order_id": order.id},
        {"order_id": order.id, "refund_id": part.id, "amount": 1000},
    ]
