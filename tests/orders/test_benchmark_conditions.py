"""The conditions of a benchmark: delays, durability, history, a busy shop, life around it, open loops."""

import uuid
from collections.abc import Iterator

import pytest
from django.core.management import CommandError
from django.db import DatabaseError, connection
from django.utils import timezone

from inventory.transactions import run_in_transaction
from orders.benchmark.durability import DurabilityNotChanged, use_durability
from orders.benchmark.history import fill_history
from orders.benchmark.scratch import FULL_SUFFIX, SUFFIX, use_scratch_database
from orders.benchmark.server import read_variables
from orders.benchmark.verdicts import draw_verdicts, find_failures
from orders.services import cancel_order, mark_paid, sweep_expired_orders
from tests.builders import buy, make_stock_item
from tests.orders.benchmarking import make_row, run_benchmark


@pytest.fixture
def administrator(transactional_db: None) -> None:
    """Skip where the tests' own user may not change the server."""
    same = "SET GLOBAL innodb_flush_log_at_trx_commit = @@GLOBAL.innodb_flush_log_at_trx_commit"
    with connection.cursor() as cursor:
        try:
            cursor.execute(same)
        except DatabaseError:
            pytest.skip("this user may not administer the database server")


@pytest.fixture
def plain_user(administrator: None) -> Iterator[None]:
    """Connect as a user who may do nothing but look at the server's variables."""
    name, password, usual = f"plain{uuid.uuid4().hex[:8]}", "Plain-1-password", dict(connection.settings_dict)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE USER '{name}'@'%' IDENTIFIED BY '{password}'")
    connection.close()
    connection.settings_dict.update({"USER": name, "PASSWORD": password, "NAME": ""})
    yield
    connection.close()
    connection.settings_dict.update(usual)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP USER '{name}'@'%'")


def count_rows_read():
    """Return how many rows this session's statements have looked at."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read%'")
        return sum(int(value) for _name, value in cursor.fetchall())


@pytest.mark.django_db(transaction=True)
def test_delays_meet_every_contender_alike_and_show_in_the_time_rows_are_held():
    rows, report = run_benchmark(
        strategy="conditional,pessimistic", clients="2", network_delay=10.0, commit_delay=20.0
    )
    # The claim's answer, then COMMIT: one packet later, two for pessimistic, in the same one for conditional.
    assert rows["raw"]["hold_p50_ms"] >= 30
    assert 15 <= rows["conditional"]["hold_p50_ms"] < 30
    assert rows["pessimistic"]["hold_p50_ms"] >= 40
    # Order, line, ledger row, claim and COMMIT are a packet each when they are sent one by one.
    assert rows["raw"]["p50_ms"] >= 5 * 10 + 20
    assert report["settings"]["network_delay"] == 10.0
    assert report["settings"]["commit_delay"] == 20.0


@pytest.mark.django_db(transaction=True)
def test_whoever_finds_the_shop_busy_pauses_before_coming_again(settings):
    settings.STOCK_LINE_AT_WORK, settings.STOCK_LINE_WAITING = 1, 0
    rows, _report = run_benchmark(strategy="conditional", processes=1, busy_scale=0.05)
    # Half the pause of 100 ms at least, so each of the four comes at most thirteen times in 0.6 s.
    assert 0 < rows["conditional"]["busy"] <= 4 * 13
    assert rows["raw"]["busy"] == 0


@pytest.mark.django_db(transaction=True)
def test_orders_are_paid_cancelled_and_expired_while_others_are_placed():
    rows, _report = run_benchmark(workload="mixed", strategy="combined", seconds=2.6)
    for row in (rows["raw"], rows["combined"]):
        assert min(row["orders_per_second"], row["paid"], row["cancelled"], row["expired"]) > 0
        assert row["books_balanced"]
        assert row["oversold_units"] == 0
    assert not rows["unlocked"]["books_balanced"]


@pytest.mark.django_db(transaction=True)
def test_an_open_loop_offers_shares_of_the_capacity_and_counts_the_wait_for_a_free_client():
    # The delay makes what is measured, not the machine's mood.
    _rows, report = run_benchmark(
        workload="open", strategy="conditional", clients="2", commit_delay=30.0, seconds=1.0
    )
    closed, half, most, beyond = (row for row in report["rows"] if row["strategy"] == "conditional")
    assert [row["offered_percent"] for row in (closed, half, most, beyond)] == [None, 50, 80, 120]
    assert half["orders_per_second"] <= closed["orders_per_second"] * 0.5 + 2
    # More come than can be served: each waits longer than the one before.
    assert beyond["p99_ms"] > 1.5 * half["p50_ms"]
    assert beyond["unserved_per_second"] > half["unserved_per_second"]
    assert beyond["ratio_to_raw"] is None


@pytest.mark.django_db(transaction=True)
def test_a_full_database_is_measured_beside_an_empty_one():
    _rows, report = run_benchmark(strategy="conditional", clients="2", history=300)
    conditional = [row for row in report["rows"] if row["strategy"] == "conditional"]
    assert [(row["history_orders"], row["ratio_to_empty"] is None) for row in conditional] == [
        (0, True),
        (300, False),
    ]
    assert "rows" in report["tables"]["orders_order"]
    assert report["tables"]["innodb_buffer_pool_size"]
    with connection.cursor() as cursor:
        cursor.execute("SHOW DATABASES")
        assert f"{connection.settings_dict['NAME']}{SUFFIX}{FULL_SUFFIX}" not in dict.fromkeys(
            name for (name,) in cursor.fetchall()
        )


def test_durability_is_changed_for_the_time_of_a_run_and_put_back(administrator):
    names = ["innodb_flush_log_at_trx_commit", "sync_binlog"]
    before = read_variables(names)
    with use_durability("relaxed"):
        assert read_variables(names) == {"innodb_flush_log_at_trx_commit": "2", "sync_binlog": "0"}
    assert read_variables(names) == before


def test_durability_that_may_not_be_changed_is_refused_clearly(plain_user):
    with pytest.raises(DurabilityNotChanged, match="may not set"), use_durability("strict"):
        pass


@pytest.mark.django_db(transaction=True)
def test_more_clients_than_the_server_takes_are_refused_with_the_numbers():
    with pytest.raises(CommandError, match="max_connections"):
        run_benchmark(clients="8,200000")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"workload": "hot,nothing"}, "no nothing"),
        ({"strategy": "unlocked"}, "no unlocked"),
        ({"clients": "a few"}, "numbers"),
        ({"network_delay": -1.0}, "--network-delay"),
        ({"level": "http", "workload": "mixed"}, "no mixed"),
    ],
)
def test_options_that_mean_nothing_are_refused(options, message):
    with pytest.raises(CommandError, match=message):
        run_benchmark(**options)


def test_verdicts_say_what_was_reached_beside_what_is_aimed_at():
    rows = [
        make_row(strategy="raw", clients=8, orders_per_second=1000.0),
        make_row(clients=8, orders_per_second=900.0),
        make_row(clients=128, orders_per_second=450.0),
        make_row(clients=8, history_orders=1_000_000, orders_per_second=855.0, ratio_to_empty=0.95),
    ]
    verdicts = draw_verdicts(rows)
    assert any("0.90 (aim 0.8, reached)" in line for line in verdicts)
    assert any("128 clients 0.50 (aim 0.9, missed)" in line for line in verdicts)
    assert any("0.95 (aim 0.9, reached)" in line for line in verdicts)
    assert find_failures(rows) == [], "aims are printed and fail nothing"


@pytest.mark.django_db(transaction=True)
def test_the_life_of_an_order_reads_no_more_rows_in_a_shop_with_a_past():
    orders = 2_000
    with use_scratch_database(apps=("inventory", "orders")):
        fill_history(orders=orders, report_progress=lambda _line: None)
        item = make_stock_item(on_hand=10)
        before = count_rows_read()
        for paid in (True, False):
            order = buy((item, 1), now=timezone.now()).order
            if paid:
                run_in_transaction(lambda: mark_paid(order_id=order.id, now=timezone.now()))  # noqa: B023
            else:
                cancel_order(number=order.number, reason="customer", actor="test", now=timezone.now())
        buy((item, 1), now=timezone.now(), due_at=timezone.now())
        assert sweep_expired_orders(now=timezone.now()).cancelled == 1
        # A table without the index it needs is read as a whole.
        assert count_rows_read() - before < orders / 4
