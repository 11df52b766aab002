"""Whole transactions are retried, a bounded number of times, and only for what a retry can mend."""

import pytest
from django.db import IntegrityError, OperationalError, ProgrammingError, connection, transaction

from inventory.errors import StockBusy, StockConflict, TransactionRequired
from inventory.models import StockItem
from inventory.selectors import get_stock_level, get_stock_levels
from inventory.services import create_stock_item, receive
from inventory.transactions import contention_counts, require_transaction, run_in_transaction
from tests.builders import NOW, make_stock_item
from tests.sessions import run_sql, second_session

pytestmark = pytest.mark.django_db(transaction=True)


def create(sku):
    StockItem.objects.create(sku=sku)


def list_skus():
    return set(StockItem.objects.values_list("sku", flat=True))


def signal(code):
    """Have the server itself answer with an error code."""
    run_sql(f"SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = {code}, MESSAGE_TEXT = 'as if'")


class Work:
    """Creates a stock item for each call, and fails as often as told."""

    def __init__(self, fail, *, times=1, prefix="ATTEMPT"):
        self.fail, self.times, self.prefix, self.calls = fail, times, prefix, 0

    def __call__(self):
        self.calls += 1
        create(f"{self.prefix}-{self.calls}")
        if self.calls <= self.times:
            self.fail()
        return "done"


def lose_race():
    raise StockConflict


def test_work_is_committed_and_its_result_returned():
    assert run_in_transaction(lambda: create("X") or "done") == "done"
    with second_session() as other:
        assert run_sql("SELECT sku FROM inventory_stockitem", session=other) == [("X",)]


def test_whatever_work_raises_comes_out_and_nothing_stays():
    with pytest.raises(ZeroDivisionError):
        run_in_transaction(lambda: create("X") or 1 / 0)
    assert list_skus() == set()


def test_a_transaction_of_its_own_cannot_be_had_inside_another():
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        run_in_transaction(lambda: create("X"))
    assert list_skus() == set()


def test_joining_uses_the_callers_transaction():
    with transaction.atomic():
        run_in_transaction(lambda: create("X"), join=True)
        transaction.set_rollback(True)
    assert list_skus() == set()


def test_joining_leaves_retrying_to_the_owner_of_the_transaction():
    inner, outer = Work(lose_race, prefix="INNER"), Work(lambda: None, prefix="OUTER")
    result = run_in_transaction(lambda: (outer(), run_in_transaction(inner, join=True)))
    assert result == ("done", "done")
    assert (inner.calls, outer.calls) == (2, 2)
    assert list_skus() == {"INNER-2", "OUTER-2"}


def test_joining_without_a_transaction_opens_one():
    with pytest.raises(ZeroDivisionError):
        run_in_transaction(lambda: create("X") or 1 / 0, join=True)
    assert list_skus() == set()


def test_services_that_change_stock_can_join_a_transaction():
    with transaction.atomic():
        create_stock_item(sku="X", on_hand=3, actor="test", now=NOW)
        receive(sku="X", quantity=2, actor="test", reason="", now=NOW)
        assert get_stock_level(sku="X").on_hand == 5
        transaction.set_rollback(True)
    assert get_stock_levels(skus=["X"]) == {}


def test_outside_a_transaction_what_needs_one_is_refused():
    with pytest.raises(TransactionRequired):
        require_transaction()
    with transaction.atomic():
        require_transaction()


def test_a_lost_race_is_run_again_from_the_start():
    work = Work(lose_race, times=3)
    before = contention_counts()
    assert run_in_transaction(work) == "done"
    assert list_skus() == {"ATTEMPT-4"}, "a failed attempt left something behind"
    after = contention_counts()
    assert (after["conflicts"] - before["conflicts"], after["retries"] - before["retries"]) == (3, 3)


def test_races_lost_without_end_are_given_up_as_busy():
    work = Work(lose_race, times=10**6)
    before = contention_counts()["given_up"]
    with pytest.raises(StockBusy):
        run_in_transaction(work)
    assert 2 <= work.calls <= 20
    assert list_skus() == set()
    assert contention_counts()["given_up"] == before + 1


@pytest.mark.parametrize(
    ("code", "counted"), [(1213, "deadlocks"), (1205, "lock_waits"), (1020, "changed_since_read")]
)
def test_errors_that_end_by_themselves_are_retried_and_counted(code, counted):
    work = Work(lambda: signal(code), times=2)
    before = contention_counts()[counted]
    assert run_in_transaction(work) == "done"
    assert list_skus() == {"ATTEMPT-3"}
    assert contention_counts()[counted] == before + 2


def test_a_lock_wait_that_times_out_rolls_back_everything_and_runs_again():
    item, moved = make_stock_item(on_hand=5), []
    run_sql("SET SESSION innodb_lock_wait_timeout = 1")
    with second_session() as holder:
        holder.set_autocommit(False)
        run_sql("UPDATE inventory_stockitem SET version = version WHERE id = %s", item.id, session=holder)

        def work():
            moved.append("attempt")
            create(f"ATTEMPT-{len(moved)}")
            if len(moved) == 2:
                holder.rollback()
            run_sql("UPDATE inventory_stockitem SET version = version + 1 WHERE id = %s", item.id)

        before = contention_counts()["lock_waits"]
        run_in_transaction(work)
    connection.close()
    # The server takes back only the statement that timed out; what came before it must go too.
    assert list_skus() == {item.sku, "ATTEMPT-2"}
    assert contention_counts()["lock_waits"] == before + 1
    assert get_stock_level(sku=item.sku).version == item.version + 1


def test_a_connection_lost_before_commit_is_replaced_and_the_work_run_again():
    def lose_connection():
        [(me,)] = run_sql("SELECT CONNECTION_ID()")
        with second_session() as other:
            run_sql(f"KILL {me}", session=other)
        run_sql("SELECT 1")

    work = Work(lose_connection)
    before = contention_counts()["connections_lost"]
    assert run_in_transaction(work) == "done"
    assert list_skus() == {"ATTEMPT-2"}
    assert contention_counts()["connections_lost"] == before + 1


@pytest.mark.parametrize(
    ("fail", "error"),
    [
        (lambda: signal(1644), OperationalError),
        (lambda: run_sql("SELECT nonsense FROM nowhere"), ProgrammingError),
        (lambda: create("ATTEMPT-1"), IntegrityError),
    ],
    ids=["operational", "programming", "integrity"],
)
def test_what_a_retry_cannot_mend_is_raised_at_once(fail, error):
    work = Work(fail, times=10**6)
    with pytest.raises(error):
        run_in_transaction(work)
    assert work.calls == 1
    assert list_skus() == set()


def test_the_session_reads_what_is_committed_and_waits_three_seconds_for_a_row():
    [(wait,)] = run_sql("SELECT @@SESSION.innodb_lock_wait_timeout")
    assert wait == 3
    item = make_stock_item(on_hand=5)
    with second_session() as other, transaction.atomic():
        assert get_stock_level(sku=item.sku).on_hand == 5
        run_sql("UPDATE inventory_stockitem SET on_hand = 6 WHERE id = %s", item.id, session=other)
        assert get_stock_level(sku=item.sku).on_hand == 6
