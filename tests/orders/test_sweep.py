"""Unpaid orders past their deadline are cancelled, every one, and no other order is."""

import datetime as dt
import itertools
import time
from contextlib import contextmanager
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from inventory.errors import StockBusy
from inventory.models import StockMovement
from inventory.selectors import get_stock_level
from orders.models import Order, OutboxMessage
from orders.selectors import count_overdue_orders, get_job_health, get_order
from orders.services import (
    cancel_order,
    enqueue,
    fulfil_order,
    mark_paid,
    sweep_expired_orders,
    unpark_orders,
)
from orders.tasks import sweep_expired_orders as sweep_task
from tests.builders import NOW, buy, make_payment_callback, make_stock_item, revive
from tests.sessions import run_sql, second_session

pytestmark = pytest.mark.django_db

TICK = dt.timedelta(microseconds=1)
LATER = NOW + dt.timedelta(hours=1)


@pytest.fixture
def item():
    return make_stock_item(on_hand=50)


def sweep(now=LATER, **options):
    """Sweep, and return how many orders were cancelled and parked."""
    report = sweep_expired_orders(now=now, **options)
    return report.cancelled, report.parked


def read_status(order):
    return get_order(number=order.number).status


@contextmanager
def holding(*items):
    """Hold stock rows from outside, as a stuck transaction or somebody's console does."""
    with second_session() as holder:
        holder.set_autocommit(False)
        for item in items:
            run_sql("SELECT id FROM inventory_stockitem WHERE id = %s FOR UPDATE", item.id, session=holder)
        yield
        holder.rollback()


def poison(order):
    """Make an order that cannot be cancelled: word of its cancellation seems to be on its way already."""
    with transaction.atomic():
        enqueue(topic="order.cancelled", payloads={f"order.cancelled:{order.id}": {}}, now=LATER)


def test_an_overdue_order_is_cancelled_and_its_units_come_back(item):
    order = buy((item, 3)).order
    report = sweep_expired_orders(now=LATER)
    assert (report.cancelled, report.parked, report.units_released) == (1, 0, 3)
    assert report.seconds > 0
    swept = get_order(number=order.number)
    assert (swept.status, swept.cancel_reason, swept.cancelled_at) == ("cancelled", "expired", LATER)
    assert get_stock_level(sku=item.sku).available == 50


@pytest.mark.parametrize(
    ("past_deadline", "status"), [(-TICK, "pending"), (dt.timedelta(0), "pending"), (TICK, "cancelled")]
)
def test_an_order_expires_when_its_deadline_has_passed_and_not_before(item, past_deadline, status):
    order = buy((item, 1), due_at=NOW).order
    sweep(now=NOW + past_deadline)
    assert read_status(order) == status


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize(
    "placed_at",
    [
        dt.datetime(2026, 3, 8, 6, 45, tzinfo=dt.UTC),  # New York's clocks go forward
        dt.datetime(2026, 11, 1, 5, 45, tzinfo=dt.UTC),  # and back
        dt.datetime(2028, 2, 28, 23, 50, tzinfo=dt.UTC),
        dt.datetime(2026, 12, 31, 23, 59, 59, tzinfo=dt.UTC),
    ],
    ids=["spring", "autumn", "leap day", "new year"],
)
@pytest.mark.parametrize("minutes", [1, 15, 24 * 60, 90 * 24 * 60])
def test_no_clock_change_or_leap_day_moves_a_deadline(item, settings, zone, placed_at, minutes):
    settings.TIME_ZONE = zone
    deadline = placed_at + dt.timedelta(minutes=minutes)
    order = buy((item, 1), now=placed_at, due_at=deadline.astimezone(ZoneInfo(zone))).order
    assert sweep(now=deadline) == (0, 0)
    assert sweep(now=deadline + TICK) == (1, 0)
    assert read_status(order) == "cancelled"


@pytest.mark.parametrize("batch_size", [1, 3, 7, 200])
def test_all_overdue_orders_are_swept_whatever_the_batch_size(item, batch_size):
    orders = [buy((item, 2), due_at=NOW - n * TICK).order for n in range(7)]
    in_time = buy((item, 1), due_at=LATER).order
    assert sweep(batch_size=batch_size) == (7, 0)
    assert {read_status(order) for order in orders} == {"cancelled"}
    assert read_status(in_time) == "pending"
    assert get_stock_level(sku=item.sku).available == 49


def test_a_batch_writes_each_stock_item_once(item):
    other = make_stock_item(on_hand=50)
    for _ in range(5):
        buy((item, 1), (other, 2))
    before = [get_stock_level(sku=i.sku).version for i in (item, other)]
    sweep()
    assert [get_stock_level(sku=i.sku).version for i in (item, other)] == [version + 1 for version in before]


def test_a_sweep_of_nothing_changes_nothing_but_says_it_ran(item):
    buy((item, 1), due_at=LATER)
    assert sweep(now=NOW) == (0, 0)
    assert get_job_health(name="sweep_expired_orders") == (NOW, "0 cancelled, 0 parked")


def test_sweeping_again_returns_nothing_twice(item):
    buy((item, 3))
    assert [sweep(), sweep()] == [(1, 0), (0, 0)]
    assert get_stock_level(sku=item.sku).available == 50
    assert StockMovement.objects.filter(kind="release").count() == 1


def test_only_orders_that_wait_for_money_expire(item):
    paid, fulfilled, cancelled, late = (buy((item, 1)).order for _ in range(4))
    free = buy((item, 1), unit_price=0).order
    with transaction.atomic():
        mark_paid(order_id=paid.id, now=NOW)
        mark_paid(order_id=fulfilled.id, now=NOW)
    fulfil_order(number=fulfilled.number, actor="test", now=NOW)
    for order in (cancelled, late):
        cancel_order(number=order.number, reason="customer", actor="test", now=NOW)
    revive(late)
    orders = (paid, fulfilled, cancelled, late, free)
    before = [get_order(number=order.number) for order in orders]
    assert sweep() == (0, 0)
    assert [get_order(number=order.number) for order in orders] == before


def test_an_order_paid_just_before_its_deadline_is_kept(item):
    order = buy((item, 1)).order
    callback = make_payment_callback(order)
    assert callback.deliver(now=order.payment_due_at - TICK).outcome == "applied"
    assert sweep() == (0, 0)
    assert read_status(order) == "paid"


def test_an_attempt_to_pay_does_not_keep_an_order_alive(item):
    order = buy((item, 1)).order
    make_payment_callback(order)
    assert sweep() == (1, 0)
    assert read_status(order) == "cancelled"


def test_every_swept_order_leaves_word_for_the_gateways(item):
    orders = [buy((item, 1)).order for _ in range(3)]
    sweep()
    assert set(OutboxMessage.objects.filter(topic="order.cancelled").values_list("key", flat=True)) == {
        f"order.cancelled:{o.id}" for o in orders
    }


@pytest.mark.parametrize("batch_size", [1, 2, 200])
def test_an_order_that_cannot_be_cancelled_is_parked_and_the_others_are_cancelled(item, batch_size):
    orders = [buy((item, 1), due_at=NOW - n * TICK).order for n in range(5)]
    bad = orders[2]
    poison(bad)
    assert sweep(batch_size=batch_size) == (4, 1)
    assert [read_status(order) for order in orders] == ["cancelled"] * 2 + ["pending"] + ["cancelled"] * 2
    parked = Order.objects.get(id=bad.id)
    assert parked.parked_at == LATER
    assert "IntegrityError" in parked.parked_because
    assert get_stock_level(sku=item.sku).available == 49
    assert get_job_health(name="sweep_expired_orders") == (LATER, "4 cancelled, 1 parked")


def test_a_parked_order_waits_for_staff_and_is_then_swept(item):
    order = buy((item, 1)).order
    poison(order)
    assert count_overdue_orders(now=LATER) == 1
    sweep()
    assert count_overdue_orders(now=LATER) == 0
    OutboxMessage.objects.all().delete()
    assert sweep() == (0, 0), "nobody has looked at it yet"
    assert unpark_orders(order_ids=[order.id]) == 1
    assert sweep() == (1, 0)
    assert Order.objects.get(id=order.id).parked_because == ""


def test_only_parked_orders_can_be_unparked(item):
    order = buy((item, 1)).order
    assert unpark_orders(order_ids=[order.id, 1]) == 0


def test_a_parked_order_can_still_be_paid(item):
    order = buy((item, 1)).order
    callback = make_payment_callback(order)
    poison(order)
    sweep()
    assert callback.deliver().outcome == "applied"
    assert read_status(order) == "paid"


def test_each_sweep_says_when_it_succeeded(item):
    assert get_job_health(name="sweep_expired_orders") is None
    sweep(now=NOW)
    buy((item, 1))
    sweep(now=LATER)
    assert get_job_health(name="sweep_expired_orders") == (LATER, "1 cancelled, 0 parked")


def test_the_scheduled_task_and_the_command_sweep(item, capsys):
    # Long overdue by the real clock too, which these two read.
    past = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    first = buy((item, 1), now=past, due_at=past).order
    sweep_task.apply().get()
    second = buy((item, 1), now=past, due_at=past).order
    call_command("sweep_expired_orders")
    assert [read_status(order) for order in (first, second)] == ["cancelled", "cancelled"]
    assert capsys.readouterr().out


@pytest.mark.django_db(transaction=True)
def test_an_order_somebody_holds_is_left_to_the_next_sweep(item):
    held, free = buy((item, 1)).order, buy((item, 1)).order
    with second_session() as payer:
        payer.set_autocommit(False)
        run_sql("SELECT id FROM orders_order WHERE id = %s FOR UPDATE", held.id, session=payer)
        assert sweep() == (1, 0)
        payer.rollback()
    assert [read_status(order) for order in (held, free)] == ["pending", "cancelled"]
    assert sweep() == (1, 0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("batch_size", [3, 200])
def test_a_stock_row_somebody_holds_delays_only_the_orders_that_need_it(item, batch_size):
    other = make_stock_item(on_hand=50)
    # The stuck ones are the oldest: each round of the sweep meets them first.
    stuck = [buy((item, 1), due_at=NOW - (9 - n) * TICK).order for n in range(7)]
    stuck.append(buy((item, 1), (other, 1), due_at=NOW - TICK).order)
    free = [buy((other, 1)).order for _ in range(4)]
    with holding(item):
        started = time.monotonic()
        with pytest.raises(StockBusy, match="4 cancelled, 0 parked, 8 left over"):
            sweep(batch_size=batch_size)
        # One wait of three seconds for the first batch and a short one for the first order of it.
        assert time.monotonic() - started < 7
    assert {read_status(order) for order in free} == {"cancelled"}
    assert {read_status(order) for order in stuck} == {"pending"}
    assert get_job_health(name="sweep_expired_orders") is None, "not all was done"
    assert sweep(batch_size=batch_size) == (8, 0)
    assert [get_stock_level(sku=i.sku).available for i in (item, other)] == [50, 50]


@pytest.mark.django_db(transaction=True)
def test_a_basket_that_must_wait_does_not_hold_up_its_other_items(item):
    other = make_stock_item(on_hand=50)
    both = buy((item, 1), (other, 1), due_at=NOW - TICK).order
    alone = buy((other, 1)).order
    with holding(item), pytest.raises(StockBusy):
        # The basket is met, and found busy, before the other order is.
        sweep(batch_size=1)
    assert [read_status(order) for order in (both, alone)] == ["pending", "cancelled"]


@pytest.mark.django_db(transaction=True)
def test_a_sweep_ends_when_every_stock_row_is_held():
    items = [make_stock_item(on_hand=5) for _ in range(3)]
    for item in items:
        buy((item, 1))
    with holding(*items), pytest.raises(StockBusy, match="0 cancelled, 0 parked, 3 left over"):
        sweep()


@pytest.mark.django_db(transaction=True)
def test_after_a_sweep_that_had_to_hurry_this_session_waits_as_long_as_before(item):
    buy((item, 1))
    with holding(item), pytest.raises(StockBusy):
        sweep()
    assert run_sql("SELECT @@SESSION.innodb_lock_wait_timeout") == [(3,)]


def list_moments(work):
    """Return when each statement was sent and when it was answered."""
    moments = []

    def watch(execute, sql, params, many, context):
        sent = time.monotonic()
        answer = execute(sql, params, many, context)
        moments.append((sql, sent, time.monotonic()))
        return answer

    with connection.execute_wrapper(watch):
        work()
    return moments


def test_a_flood_leaves_buyers_time_between_its_batches(item):
    for _ in range(6):
        buy((item, 1))
    moments = list_moments(lambda: sweep(batch_size=2))
    looks = [index for index, (sql, _sent, _answered) in enumerate(moments) if "LIMIT 2" in sql]
    assert len(looks) == 4
    for first, following in itertools.pairwise(looks):
        took = moments[following - 1][2] - moments[first][2]
        rested = moments[following][1] - moments[following - 1][2]
        assert rested >= took / 4


def test_a_flood_costs_a_fixed_number_of_statements_for_each_batch(item):
    def count(orders):
        for _ in range(orders):
            buy((item, 1))
        return len(list_moments(lambda: sweep(batch_size=50)))

    assert count(40) == count(2)
