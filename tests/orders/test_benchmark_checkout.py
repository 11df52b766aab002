"""The benchmark measures what it says, notices overselling, and leaves the shop's database alone."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from inventory.selectors import get_levels_by_id, list_strategies
from orders.benchmark.runner import split_clients
from orders.benchmark.scratch import SUFFIX
from orders.benchmark.verdicts import find_failures
from orders.models import Order
from tests.builders import buy, make_stock_item
from tests.orders.benchmarking import make_row, run_benchmark

STRATEGIES = ("conditional", "pessimistic", "optimistic", "combined", "pooled")
KEYS = {
    *(
        "workload",
        "strategy",
        "clients",
        "orders_per_second",
        "p50_ms",
        "p95_ms",
        "p99_ms",
        "refused_per_second",
    ),
    *("oversold_units", "retries", "deadlocks", "python_cpu_ms_per_order", "ratio_to_raw"),
}


def list_databases():
    with connection.cursor() as cursor:
        cursor.execute("SHOW DATABASES")
        return {name for (name,) in cursor.fetchall()}


def count_statements():
    """Return how many statements this session has sent; asking is one of them."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS LIKE 'Questions'")
        return int(cursor.fetchone()[1])


@pytest.mark.django_db(transaction=True)
def test_every_strategy_is_measured_beside_raw_and_a_control_that_oversells():
    rows, report = run_benchmark(workload="hot")
    assert set(rows) == {"raw", "unlocked", *STRATEGIES}
    assert all(set(row) >= KEYS and row["orders_per_second"] > 0 for row in rows.values())
    assert rows["unlocked"]["oversold_units"] > 0
    assert all(rows[name]["oversold_units"] == 0 for name in STRATEGIES)
    assert rows["raw"]["ratio_to_raw"] == 1
    assert report["durability"]["isolation"] == "READ-COMMITTED"
    assert "log_bin" in report["durability"]
    assert report["server"]
    assert report["commit_ms"] > 0
    # Its processor time can be seen only where the server runs on this machine.
    assert report["notes"] or all(row["database_cpu_ms_per_order"] > 0 for row in rows.values())
    assert rows["combined"]["batch_mean"] > 1
    assert rows["combined"]["batch_max"] == max(map(int, rows["combined"]["batch_sizes"]))
    assert rows["conditional"]["batch_mean"] is None


@pytest.mark.django_db(transaction=True)
def test_a_sellout_ends_at_zero_and_goes_on_refusing():
    rows, _report = run_benchmark(workload="sellout", strategy="conditional", stock=40)
    row = rows["conditional"]
    assert row["units_left"] == row["oversold_units"] == 0
    assert row["seconds_to_sell_out"] > 0
    assert row["refused_per_second"] > row["orders_per_second"] / 100
    assert rows["unlocked"]["oversold_units"] > 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("workload", ["zipf", "even", "baskets"])
def test_several_items_sell_without_overselling_or_deadlocks(workload):
    rows, _report = run_benchmark(workload=workload, strategy="conditional")
    assert rows["conditional"]["oversold_units"] == rows["conditional"]["deadlocks"] == 0


@pytest.mark.django_db(transaction=True)
def test_the_shops_database_sees_nothing_of_it_and_the_scratch_database_goes(tmp_path):
    item = make_stock_item(on_hand=3)
    page = tmp_path / "report.html"
    run_benchmark(strategy="conditional", clients="1", html=str(page))
    assert Order.objects.count() == 0
    assert get_levels_by_id(ids=[item.id]) == {item.id: item}
    assert connection.settings_dict["NAME"] + SUFFIX not in list_databases()
    text = page.read_text()
    assert "<svg" in text
    assert "://" not in text, "the page must need nothing else"


@pytest.mark.django_db(transaction=True)
def test_a_database_that_no_benchmark_made_is_left_alone():
    name = connection.settings_dict["NAME"] + SUFFIX
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE `{name}`")
        try:
            with pytest.raises(CommandError, match="not a benchmark's"):
                run_benchmark(strategy="conditional")
            assert name in list_databases()
        finally:
            with connection.cursor() as fresh:
                fresh.execute(f"DROP DATABASE `{name}`")


def test_the_control_is_no_strategy_that_a_shop_could_choose():
    assert {name for name, _label in list_strategies()} == set(STRATEGIES)
    with pytest.raises(CommandError):
        call_command("benchmark_checkout", "--strategy", "unlocked")


@pytest.mark.parametrize(
    ("changed", "failure"),
    [
        ({"oversold_units": 1}, "oversold 1 units"),
        ({"books_balanced": False}, "do not agree"),
        ({"units_left": 2}, "left unsold"),
        ({"orders_per_second": 0.0}, "no order was placed"),
        ({"strategy": "unlocked"}, "void"),
    ],
)
def test_a_broken_promise_or_a_harmless_control_fails_the_benchmark(changed, failure):
    assert find_failures([make_row(), make_row(strategy="unlocked", oversold_units=9)]) == []
    assert failure in find_failures([make_row(**changed)])[0]


def test_clients_are_spread_evenly_over_processes():
    assert [len(share) for share in split_clients(clients=32, processes=8)] == [4] * 8
    assert [len(share) for share in split_clients(clients=3, processes=8)] == [1, 1, 1]
    assert [len(share) for share in split_clients(clients=11, processes=4)] == [2, 3, 3, 3]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("strategy", "statements"), [("conditional", 8), ("pessimistic", 8), ("optimistic", 8), ("combined", 8)]
)
def test_a_one_line_checkout_keeps_to_its_statement_budget(strategy, statements):
    # BEGIN, order, line, message, ledger row, claim (with a look or a check), COMMIT; another one looked.
    item = make_stock_item(on_hand=5, strategy=strategy)
    buy((item, 1))
    before = count_statements()
    buy((item, 1))
    assert count_statements() - before - 1 == statements
