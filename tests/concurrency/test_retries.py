"""What the database itself made lose a race is tried again as a whole, by the outermost transaction only."""

import threading

from django.db import connection

from inventory.contention import contention_counts
from inventory.transactions import run_in_transaction
from tests.builders import make_stock_item
from tests.concurrency.race import race

ADD_ONE = "UPDATE inventory_stockitem SET low_stock_threshold = low_stock_threshold + 1 WHERE id = %s"
READ = "SELECT low_stock_threshold FROM inventory_stockitem WHERE id = %s"


def execute(sql, *args):
    """Run one statement and return its first value, if any."""
    with connection.cursor() as cursor:
        cursor.execute(sql, args)
        return cursor.fetchone()[0] if cursor.description else None


def test_two_transactions_in_a_deadlock_are_both_carried_out_once():
    one, other = make_stock_item(), make_stock_item()
    both_hold_a_row = threading.Barrier(2, timeout=30)
    deadlocks = contention_counts()["deadlocks"]

    def write_both(first, second):
        attempts = []

        def work():
            attempts.append(1)
            execute(ADD_ONE, first.id)
            if len(attempts) == 1:
                # Each now holds what the other wants next; the database must choose a victim.
                both_hold_a_row.wait()
            execute(ADD_ONE, second.id)

        run_in_transaction(work)
        return len(attempts)

    outcome = race([lambda: write_both(one, other), lambda: write_both(other, one)])
    assert outcome.errors == []
    assert sorted(outcome.results) in ([1, 2], [1, 3])
    assert contention_counts()["deadlocks"] > deadlocks
    assert [execute(READ, item.id) for item in (one, other)] == [2, 2]


def test_a_lock_wait_timeout_rolls_back_what_its_transaction_wrote_before_it_is_tried_again():
    free, held = make_stock_item(), make_stock_item()
    is_held, waited = threading.Event(), threading.Event()

    def hold():
        def work():
            execute(ADD_ONE, held.id)
            is_held.set()
            assert waited.wait(30)

        run_in_transaction(work)

    def write_both():
        execute("SET SESSION innodb_lock_wait_timeout = 1")
        attempts = []

        def work():
            attempts.append(1)
            if len(attempts) > 1:
                # The timeout rolled back only its statement; the first UPDATE must be gone all the same.
                waited.set()
            execute(ADD_ONE, free.id)
            execute(ADD_ONE, held.id)

        assert is_held.wait(30)
        run_in_transaction(work)
        return len(attempts)

    outcome = race([hold, write_both])
    assert outcome.errors == []
    assert [execute(READ, item.id) for item in (free, held)] == [1, 2]


def test_a_connection_killed_before_commit_is_replaced_and_the_work_done_once():
    item = make_stock_item()
    attempts = []

    def work():
        attempts.append(1)
        execute(ADD_ONE, item.id)
        if len(attempts) == 1:
            victim = execute("SELECT CONNECTION_ID()")
            race([lambda: execute(f"KILL CONNECTION {victim}")])
            execute("SELECT 1")

    run_in_transaction(work)
    assert len(attempts) == 2
    assert execute(READ, item.id) == 1
