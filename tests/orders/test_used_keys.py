"""Whether a key has an order, asked by many at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections
from django.db.utils import OperationalError

from orders import used_keys
from orders.selectors import is_key_used
from tests.builders import buy, make_stock_item

pytestmark = pytest.mark.django_db(transaction=True)


def is_used(key):
    return is_key_used(idempotency_scope="test", idempotency_key=key)


@pytest.fixture
def keys():
    item = make_stock_item(on_hand=50)
    for number in range(0, 20, 2):
        buy((item, 1), key=f"key-{number}")
    return [f"key-{number}" for number in range(20)]


def ask_at_once(keys):
    """Ask for all keys from threads of their own that start together."""
    barrier = threading.Barrier(len(keys))

    def ask(key):
        try:
            barrier.wait(10)
            return is_used(key)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(keys)) as pool:
        return list(pool.map(ask, keys))


def test_each_of_many_who_ask_at_once_gets_the_answer_to_their_own_key(keys):
    assert ask_at_once(keys) == [number % 2 == 0 for number in range(20)]


def test_keys_compare_as_the_database_compares_them(keys):
    assert is_used("key-2")
    assert not is_used("KEY-2")
    assert not is_key_used(idempotency_scope="Test", idempotency_key="key-2")


def test_an_order_placed_a_moment_ago_is_found(keys):
    assert not is_used("new")
    buy((make_stock_item(on_hand=1), 1), key="new")
    assert is_used("new")


def test_whoever_was_asked_for_by_one_that_failed_asks_again(keys, monkeypatch):
    def fail(execute, sql, params, many, context):
        raise OperationalError(2013, "Lost connection")

    lead, followed = threading.Event(), threading.Event()
    look_up = used_keys._looks._run

    def look_up_or_fail(questions):
        if not lead.is_set():
            lead.set()
            # Whoever comes now waits for the next one who leads.
            assert followed.wait(10)
            with connection.execute_wrapper(fail):
                return look_up(questions)
        return look_up(questions)

    monkeypatch.setattr(used_keys._looks, "_run", look_up_or_fail)
    with ThreadPoolExecutor(1) as pool:
        leading = pool.submit(is_used, "key-0")
        assert lead.wait(10)
        followed.set()
        assert is_used("key-2")
        with pytest.raises(OperationalError):
            leading.result(10)
