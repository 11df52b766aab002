"""check_books: every kind of drift is found and named, and only what is safe is repaired."""

import json
from dataclasses import dataclass

import pytest
from django.core.management import CommandError, call_command

from config.books import check_books, repair_books
from inventory.books import check_stock
from inventory.models import StockMovement
from inventory.selectors import get_stock_level
from inventory.services import receive
from inventory.snapshots import consistent_snapshot
from inventory.types import StockLevel
from orders.books import check_orders
from orders.models import Order, OrderLine
from orders.services import cancel_order, fulfil_order, sweep_expired_orders
from orders.types import OrderView
from payments.books import check_payments
from payments.services import refund_order
from tests.builders import NOW, buy, make_payment_callback, make_stock_item
from tests.sessions import run_sql, second_session

pytestmark = pytest.mark.django_db

# check_books takes its snapshot in a transaction of its own.
committed = pytest.mark.django_db(transaction=True)


@dataclass
class Shop:
    """One item of 20 units, orders in several states for it, and a neighbour that nobody touches."""

    item: StockLevel
    neighbour: StockLevel
    pending: OrderView
    paid: OrderView
    fulfilled: OrderView
    cancelled: OrderView


@pytest.fixture
def shop():
    item, neighbour = make_stock_item(on_hand=20), make_stock_item(on_hand=5)
    pending, paid, fulfilled, cancelled = (buy((item, 2), (neighbour, 1)).order for _ in range(4))
    for order in (paid, fulfilled):
        make_payment_callback(order).deliver()
    fulfil_order(number=fulfilled.number, actor="test", now=NOW)
    cancel_order(number=cancelled.number, reason="customer", actor="test", now=NOW)
    return Shop(
        get_stock_level(sku=item.sku), get_stock_level(sku=neighbour.sku), pending, paid, fulfilled, cancelled
    )


def set_item(shop, change):
    run_sql(f"UPDATE inventory_stockitem SET {change} WHERE id = %s", shop.item.id)  # noqa: S608


def find_movement(shop, order, kind):
    """Return a ledger row of the item for an order, or the first one for no order."""
    rows = StockMovement.objects.filter(stock_item_id=shop.item.id, kind=kind)
    return (rows.filter(reference=f"order:{order.number}") if order else rows).first()


def delete_movement(shop, order, kind):
    run_sql("DELETE FROM inventory_stockmovement WHERE id = %s", find_movement(shop, order, kind).id)


def change_movement(shop, order, kind, change):
    row = find_movement(shop, order, kind)
    run_sql(f"UPDATE inventory_stockmovement SET {change} WHERE id = %s", row.id)  # noqa: S608


def copy_movement(shop, order, kind, reference):
    row = find_movement(shop, order, kind)
    row.id, row.reference = 1, reference
    StockMovement.objects.bulk_create([row])


def delete_line(shop, order):
    run_sql("DELETE FROM orders_orderline WHERE order_id = %s AND stock_item_id = %s", order.id, shop.item.id)


def delete_order(shop, order):
    run_sql("DELETE FROM orders_orderline WHERE order_id = %s", order.id)
    run_sql("DELETE FROM orders_order WHERE id = %s", order.id)


def lose_line_and_reservation(shop):
    delete_line(shop, shop.pending)
    delete_movement(shop, shop.pending, "reserve")


def lose_order_and_reservation_of_one_item(shop):
    delete_order(shop, shop.pending)
    delete_movement(shop, shop.pending, "reserve")


def set_status(order, status):
    run_sql("UPDATE orders_order SET status = %s WHERE id = %s", status, order.id)


def set_payment(order, change):
    run_sql(f"UPDATE payments_payment SET {change} WHERE order_id = %s", order.id)  # noqa: S608


COUNTERS = "counters-differ-from-ledger"
RESERVED = "reserved-differs-from-order"
SETTLED = "settled-differs-from-status"
STRAY = "reservation-without-order"
NO_ITEM = "#1000000"

# What somebody did to the books, and the checks that must notice.
SAFE = {
    "available raised": (lambda shop: set_item(shop, "available = available + 1"), {COUNTERS}),
    "available lowered": (lambda shop: set_item(shop, "available = available - 1"), {COUNTERS}),
    "available set to nothing": (lambda shop: set_item(shop, "available = 0"), {COUNTERS}),
    "on hand raised": (lambda shop: set_item(shop, "on_hand = on_hand + 3"), {COUNTERS}),
    "on hand lowered": (lambda shop: set_item(shop, "on_hand = on_hand - 1"), {COUNTERS}),
    "receipt changed": (
        lambda shop: change_movement(shop, None, "receive", "available_delta = 21, on_hand_delta = 21"),
        {COUNTERS},
    ),
    "receipt copied": (lambda shop: copy_movement(shop, None, "receive", "receive:copy"), {COUNTERS}),
}
UNSAFE = {
    "receipt deleted": (lambda shop: delete_movement(shop, None, "receive"), {COUNTERS}),
    "reservation deleted": (
        lambda shop: delete_movement(shop, shop.pending, "reserve"),
        {COUNTERS, RESERVED},
    ),
    "reservation of a paid order deleted": (
        lambda shop: delete_movement(shop, shop.paid, "reserve"),
        {COUNTERS, RESERVED},
    ),
    "release deleted": (lambda shop: delete_movement(shop, shop.cancelled, "release"), {COUNTERS, SETTLED}),
    "shipment deleted": (lambda shop: delete_movement(shop, shop.fulfilled, "ship"), {COUNTERS, SETTLED}),
    "reservation made smaller": (
        lambda shop: change_movement(shop, shop.pending, "reserve", "available_delta = -1"),
        {COUNTERS, RESERVED},
    ),
    "release made larger": (
        lambda shop: change_movement(shop, shop.cancelled, "release", "available_delta = 3"),
        {COUNTERS, "settled-differs-from-reserved"},
    ),
    "reservation moved to another item": (
        lambda shop: change_movement(shop, shop.pending, "reserve", f"stock_item_id = {NO_ITEM[1:]}"),
        {COUNTERS, RESERVED, "movement-without-stock-item"},
    ),
    "reservation copied to another attempt of its order": (
        lambda shop: copy_movement(shop, shop.pending, "reserve", f"order:{shop.pending.number}/2"),
        {COUNTERS, STRAY},
    ),
    "reservation copied to an order that never was": (
        lambda shop: copy_movement(shop, shop.pending, "reserve", "order:NOBODYS"),
        {COUNTERS, STRAY},
    ),
    "release copied to another attempt of its order": (
        lambda shop: copy_movement(shop, shop.cancelled, "release", f"order:{shop.cancelled.number}/2"),
        {COUNTERS, "settled-differs-from-reserved"},
    ),
    "line deleted": (
        lambda shop: delete_line(shop, shop.pending),
        {RESERVED, "total-differs-from-lines"},
    ),
    "line and reservation deleted": (lose_line_and_reservation, {COUNTERS, "total-differs-from-lines"}),
    "quantity of a line changed": (
        lambda shop: OrderLine.objects.filter(order_id=shop.pending.id).update(quantity=3),
        {RESERVED, "total-differs-from-lines"},
    ),
    "order deleted": (lambda shop: delete_order(shop, shop.pending), {STRAY}),
    "order and one reservation deleted": (lose_order_and_reservation_of_one_item, {COUNTERS, STRAY}),
    "pending order set to cancelled": (lambda shop: set_status(shop.pending, "cancelled"), {SETTLED}),
    "pending order set to paid": (
        lambda shop: set_status(shop.pending, "paid"),
        {"paid-differs-from-received"},
    ),
    "pending order set to fulfilled": (
        lambda shop: set_status(shop.pending, "fulfilled"),
        {SETTLED, "paid-differs-from-received"},
    ),
    "cancelled order set to pending": (lambda shop: set_status(shop.cancelled, "pending"), {SETTLED}),
    "paid order set to pending": (
        lambda shop: set_status(shop.paid, "pending"),
        {"money-kept-without-order"},
    ),
    "shipped order set to paid": (lambda shop: set_status(shop.fulfilled, "paid"), {SETTLED}),
    "paid order set to refunded": (
        lambda shop: set_status(shop.paid, "refunded"),
        {SETTLED, "money-kept-without-order"},
    ),
    "total changed": (
        lambda shop: Order.objects.filter(id=shop.pending.id).update(total_amount=1),
        {"total-differs-from-lines"},
    ),
    "payment made smaller": (
        lambda shop: set_payment(shop.paid, "received_amount = 1"),
        {"paid-differs-from-received"},
    ),
    "payment taken back": (
        lambda shop: set_payment(shop.paid, "status = 'started'"),
        {"paid-differs-from-received"},
    ),
    "payment set aside for a refund": (
        lambda shop: set_payment(shop.paid, "refunded_amount = received_amount"),
        {"paid-differs-from-received", "refunds-differ-from-payment"},
    ),
}


def run_command(capsys, *options):
    """Run `check_books --json` and return its exit status and report."""
    status: int | str | None = 0
    try:
        call_command("check_books", "--json", *options)
    except SystemExit as leaving:
        status = leaving.code
    return status, json.loads(capsys.readouterr().out)


def list_available(shop):
    return [get_stock_level(sku=item.sku).available for item in (shop.item, shop.neighbour)]


@committed
def test_books_kept_by_the_services_balance(shop, capsys):
    receive(sku=shop.item.sku, quantity=3, actor="test", reason="", now=NOW)
    sweep_expired_orders(now=NOW.replace(year=2027))
    refund_order(number=shop.paid.number, reason="", actor="test", now=NOW)
    status, report = run_command(capsys)
    assert (status, report["books_balanced"], report["findings"]) == (0, True, [])


@committed
def test_an_order_paid_late_leaves_its_books_balanced(shop):
    callback = make_payment_callback(shop.pending)
    sweep_expired_orders(now=NOW.replace(year=2027))
    assert callback.deliver().outcome == "late_reserved"
    assert check_books() == []


def find_all():
    """Return what check_books finds, read in the test's own transaction, which nobody else disturbs."""
    return [*check_stock(), *check_orders(), *check_payments()]


@pytest.mark.parametrize("drift", [*SAFE, *UNSAFE])
def test_every_kind_of_drift_is_found(shop, drift):
    damage, expected = (SAFE | UNSAFE)[drift]
    damage(shop)
    findings = find_all()
    assert {finding.check for finding in findings} == expected
    # A finding about stock names the item, whatever of its order is gone.
    about_stock = {finding.subject for finding in findings if finding.check in (COUNTERS, RESERVED, SETTLED)}
    assert about_stock <= {shop.item.sku, shop.neighbour.sku, NO_ITEM}


@pytest.mark.parametrize("drift", SAFE)
def test_counters_that_differ_from_a_sound_ledger_are_repaired(shop, drift):
    SAFE[drift][0](shop)
    assert [finding.check for finding in repair_books(find_all())] == [COUNTERS]
    assert find_all() == []


@pytest.mark.parametrize("drift", UNSAFE)
def test_where_anything_else_disagrees_nothing_is_repaired(shop, drift):
    UNSAFE[drift][0](shop)
    damaged, findings = list_available(shop), find_all()
    assert repair_books(findings) == []
    assert find_all() == findings
    assert list_available(shop) == damaged, "units promised to an order could be sold again"


@committed
@pytest.mark.parametrize(
    ("drift", "status", "repaired"), [("available raised", 0, 1), ("reservation deleted", 1, 0)]
)
def test_the_command_repairs_what_is_safe_and_reports_the_rest(shop, capsys, drift, status, repaired):
    damage, expected = (SAFE | UNSAFE)[drift]
    damage(shop)
    assert {finding["check"] for finding in run_command(capsys)[1]["findings"]} == expected
    left, report = run_command(capsys, "--repair")
    assert (left, len(report["repaired"]), report["books_balanced"]) == (status, repaired, not status)
    assert {finding["check"] for finding in report["findings"]} == (expected if status else set())


@committed
def test_without_being_asked_nothing_is_repaired(shop, capsys):
    set_item(shop, "available = available - 1")
    status, report = run_command(capsys)
    assert (status, report["repaired"]) == (1, [])
    assert get_stock_level(sku=shop.item.sku).available == shop.item.available - 1


@committed
def test_a_sound_item_is_repaired_though_another_is_in_doubt(shop, capsys):
    delete_movement(shop, shop.pending, "reserve")
    run_sql("UPDATE inventory_stockitem SET available = available - 1 WHERE id = %s", shop.neighbour.id)
    status, report = run_command(capsys, "--repair")
    assert [finding["subject"] for finding in report["repaired"]] == [shop.neighbour.sku]
    assert status == 1
    assert list_available(shop) == [shop.item.available, shop.neighbour.available]


def test_repair_looks_again_under_the_lock(shop):
    set_item(shop, "available = available - 1")
    findings = find_all()
    buy((shop.item, 1))
    assert repair_books(findings) == findings
    assert get_stock_level(sku=shop.item.sku).available == shop.item.available - 1
    assert find_all() == []


@committed
def test_a_sale_during_the_check_is_no_finding(shop):
    with second_session() as other, consistent_snapshot():
        # Only half of a booking, as a reader without a snapshot would see it between two statements.
        get_stock_level(sku=shop.item.sku)
        run_sql(
            "UPDATE inventory_stockitem SET available = available - 1 WHERE id = %s",
            shop.item.id,
            session=other,
        )
        assert get_stock_level(sku=shop.item.sku) == shop.item


@committed
def test_the_report_for_people_says_what_is_wrong_and_what_can_be_done(shop, capsys):
    set_item(shop, "available = available - 1")
    with pytest.raises(SystemExit) as leaving:
        call_command("check_books")
    text = capsys.readouterr().out
    assert leaving.value.code == 1
    assert COUNTERS in text
    assert shop.item.sku in text
    assert "--repair" in text
    call_command("check_books", "--repair")
    assert "repaired" in capsys.readouterr().out
    call_command("check_books")
    assert "balance" in capsys.readouterr().out


@committed
def test_an_empty_shop_balances(capsys):
    status, report = run_command(capsys)
    assert (status, report["books_balanced"]) == (0, True)


def test_an_option_that_does_not_exist_is_refused():
    with pytest.raises(CommandError):
        call_command("check_books", "--fix-everything")
