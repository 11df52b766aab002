"""Orders against payments. How the checks of all apps work together: tests/config/test_check_books.py."""

import pytest

from inventory.books import check_stock
from orders.books import check_orders
from orders.services import fulfil_order
from orders.types import LineRefund
from payments.books import check_payments
from payments.services import refund_order
from tests.builders import NOW, buy, make_stock_item
from tests.payments.making import make_paid_sale, make_sale
from tests.sessions import run_sql

pytestmark = pytest.mark.django_db


@pytest.fixture
def sale():
    return make_paid_sale()


def check_books():
    return [*check_stock(), *check_orders(), *check_payments()]


def list_checks():
    return [(f.check, f.subject, f.expected, f.actual) for f in check_payments()]


def test_money_moved_only_by_services_balances(sale):
    refunded = make_paid_sale()
    refund_order(number=refunded.order.number, reason="", actor="ann", now=NOW)
    make_sale().tell(amount=1)
    make_sale().tell("charge.declined")
    buy((make_stock_item(), 1), unit_price=0)
    assert list_checks() == []


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ("received_amount = 1999", 1999),
        ("received_amount = 2001", 2001),
        ("refunded_amount = 1", 1999),
        ("status = 'started'", 0),
        ("status = 'review'", 0),
    ],
)
def test_a_payment_changed_by_hand_is_found(sale, change, kept):
    run_sql(f"UPDATE payments_payment SET {change}")  # noqa: S608
    assert ("paid-differs-from-received", sale.order.number, 2000, kept) in list_checks()


def test_a_deleted_payment_is_found(sale):
    run_sql("DELETE FROM payments_gatewayevent")
    run_sql("DELETE FROM payments_payment")
    assert list_checks() == [("paid-differs-from-received", sale.order.number, 2000, 0)]


@pytest.mark.parametrize("status", ["pending", "cancelled", "refunded"])
def test_money_kept_for_an_order_that_is_not_paid_is_found(sale, status):
    run_sql("UPDATE orders_order SET status = %s", status)
    assert list_checks() == [("money-kept-without-order", sale.order.number, 0, 2000)]


def test_an_order_paid_by_hand_is_found():
    sale = make_sale()
    run_sql("UPDATE orders_order SET status = 'paid'")
    assert list_checks() == [("paid-differs-from-received", sale.order.number, 2000, 0)]


def test_money_set_aside_for_a_refund_that_does_not_exist_is_found(sale):
    refund_order(number=sale.order.number, reason="", actor="ann", now=NOW)
    run_sql("DELETE FROM payments_refund")
    assert list_checks() == [("refunds-differ-from-payment", sale.order.number, 2000, 0)]


def test_a_refund_changed_by_hand_is_found(sale):
    refund_order(number=sale.order.number, reason="", actor="ann", now=NOW)
    run_sql("UPDATE payments_refund SET amount = 1500")
    assert list_checks() == [("refunds-differ-from-payment", sale.order.number, 2000, 1500)]


def test_what_an_order_says_was_refunded_is_held_against_its_money(sale):
    refund_order(number=sale.order.number, reason="", actor="ann", now=NOW, lines=(LineRefund(0, 1),))
    assert check_books() == []
    run_sql("UPDATE orders_order SET refunded_amount = 900")
    assert list_checks() == [("paid-differs-from-received", sale.order.number, 1100, 1000)]


def test_units_that_are_taken_for_withdrawn_are_held_against_the_ledger(sale):
    refund_order(number=sale.order.number, reason="", actor="ann", now=NOW, lines=(LineRefund(0, 1),))
    run_sql("UPDATE orders_orderline SET withdrawn_quantity = 0")
    assert [finding.check for finding in check_books()] == ["reserved-differs-from-order"]


def test_more_units_that_came_back_than_were_shipped_are_found(sale):
    fulfil_order(number=sale.order.number, actor="ann", now=NOW)
    refund_order(
        number=sale.order.number, reason="", actor="ann", now=NOW, lines=(LineRefund(0, 2, restock=True),)
    )
    assert check_books() == []
    run_sql("UPDATE inventory_stockmovement SET available_delta = 3, on_hand_delta = 3 WHERE kind = 'return'")
    assert "returned-differs-from-shipped" in [finding.check for finding in check_books()]
