"""The benchmark of the sweep measures what it says, notices broken promises, and leaves the shop alone."""

import json
from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from config.books import check_books
from orders.benchmark.processes import BenchmarkFailed
from orders.benchmark.scratch import SUFFIX
from orders.benchmark.sweeping.buyers import buyers_at_work
from orders.benchmark.sweeping.filling import fill_overdue
from orders.benchmark.sweeping.measure import SweepPlan, find_failures, make_job
from orders.benchmark.sweeping.report import SweepMeasurement, to_text
from orders.models import Order
from orders.services import sweep_expired_orders
from tests.builders import NOW, buy, make_stock_item
from tests.sessions import run_sql

pytestmark = pytest.mark.django_db(transaction=True)

SMALL = {"orders": 30, "clients": 2, "seconds": 0.3}


def run(capsys, **options):
    call_command("benchmark_sweep", **{**SMALL, "json": "-", **options})
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(("strategy", "allowances"), [("combined", 0), ("conditional", 2)])
def test_a_small_flood_is_swept_while_its_item_sells(capsys, strategy, allowances):
    figures = run(capsys, strategy=strategy, allowances=allowances)
    assert figures["failures"] == []
    assert (figures["strategy"], figures["orders"], figures["clients"]) == (strategy, 30, 2)
    assert figures["swept_per_second"] > 0
    assert figures["sales_per_second_alone"] > 0
    assert figures["sales_p95_ms_alone"] > 0


def test_the_shops_own_orders_are_none_of_its_business(capsys):
    order = buy((make_stock_item(), 1)).order
    run(capsys)
    assert Order.objects.get().number == order.number
    with connection.cursor() as cursor:
        cursor.execute("SHOW DATABASES")
        assert f"{connection.settings_dict['NAME']}{SUFFIX}" not in {name for (name,) in cursor.fetchall()}


PLAN = SweepPlan(orders=30, allowances=2, clients=2, processes=1, seconds=1.0, strategy="combined")


@pytest.fixture
def flood():
    """An item with thirty orders whose deadlines have passed."""
    item = make_stock_item(on_hand=1000, strategy="combined")
    fill_overdue(item=item, orders=30, allowances=2, now=NOW, report_progress=lambda _line: None)
    return item


def test_a_flood_that_was_swept_leaves_nothing_to_say(flood):
    swept = sweep_expired_orders(now=NOW)
    assert find_failures(PLAN, swept, flood, since_id=0) == []
    assert check_books() == []


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (
            "UPDATE orders_order SET status = 'pending', cancel_reason = '' LIMIT 7",
            "30 orders were overdue and 23",
        ),
        ("UPDATE orders_order SET status = 'pending' LIMIT 7", "7 units were oversold"),
        ("UPDATE inventory_stockitem SET available = available - 1", "the books do not balance"),
        (
            "DELETE FROM orders_outboxmessage WHERE topic = 'order.cancelled' LIMIT 1",
            "29 cancellations were announced",
        ),
        ("UPDATE orders_purchaseallowance SET used = 1 LIMIT 3", "3 units of allowances did not come back"),
    ],
)
def test_a_broken_promise_is_a_failure(flood, damage, said):
    swept = sweep_expired_orders(now=NOW)
    run_sql(damage)
    assert said in "; ".join(find_failures(PLAN, swept, flood, since_id=0))


def test_buyers_who_cannot_buy_are_reported():
    unknown = replace(make_stock_item(), id=10**9)
    connection.close()
    with (
        pytest.raises(BenchmarkFailed, match="UnknownSku"),
        buyers_at_work(make_job(PLAN, unknown), shares=[range(2)]),
    ):
        pass


@pytest.mark.parametrize(
    "wrong", [{"orders": 0}, {"clients": 0}, {"processes": 0}, {"seconds": 0}, {"allowances": -1}]
)
def test_what_cannot_be_measured_is_refused(wrong):
    with pytest.raises(CommandError, match=r"must be positive|cannot be negative"):
        call_command("benchmark_sweep", **{**SMALL, **wrong})


def test_the_figures_read_well():
    text = to_text(
        SweepMeasurement(
            server="MariaDB",
            durability={},
            machine="2 CPUs",
            strategy="combined",
            clients=8,
            orders=100_000,
            allowances=0,
            sweep_seconds=40.0,
            swept_per_second=2_500.0,
            sales_per_second_alone=1_000.0,
            sales_per_second_during_sweep=800.0,
            sales_p95_ms_alone=9.0,
            sales_p95_ms_during_sweep=20.0,
            failures=[],
        )
    )
    assert "2,500 orders/s (100,000 in 40.0 s" in text
    assert "800 orders/s, p95 20.0 ms (80% of alone)" in text
