"""Orders of one hot item that wait at the same time share a transaction, and each is still its own order."""

import ctypes
import threading
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from inventory.combining import BatchFailed, Combiner
from inventory.contention import contention_counts
from inventory.errors import OutOfStock, StockBusy
from inventory.selectors import get_stock_level
from inventory.types import Shortfall
from orders.batches import combiner
from orders.errors import IdempotencyKeyReused
from orders.models import Order
from orders.services import place_order
from tests.builders import NOW, buy, make_draft, make_stock_item
from tests.concurrency.proxy import Cut
from tests.concurrency.race import DEADLINE_SECONDS, race, wait_until


def set_when(event, condition):
    """Set an event, in another thread, as soon as something is so, unless somebody else has set it."""

    def work():
        wait_until(lambda: event.is_set() or condition())
        event.set()

    threading.Thread(target=work).start()


@contextmanager
def held(item):
    """Hold an item's row, so that whoever leads waits and the others gather behind."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM inventory_stockitem WHERE id = %s FOR UPDATE", [item.id])
        yield


def race_behind_a_leader(item, *racers, meanwhile=None):
    """Let a first buyer lead, the others gather while it waits for the row, and all go on together.

    `meanwhile` is done when all have gathered, before they go on.
    """
    is_released = threading.Event()

    def release_when_gathered():
        with held(item):
            is_released.set()
            wait_until(lambda: combiner.count_waiting(item.id) == len(racers))
            if meanwhile:
                # In a thread of its own: this one is inside a transaction.
                assert race([meanwhile]).errors == []

    def lead():
        assert is_released.wait(DEADLINE_SECONDS)
        return buy((item, 1))

    def follow(racer):
        wait_until(lambda: item.id in combiner._queues)
        return racer()

    outcome = race([release_when_gathered, lead, *[lambda racer=racer: follow(racer) for racer in racers]])
    outcome.results = [result for result in outcome.results if result is not None]
    return outcome


def count_since(before, event):
    return contention_counts()[event] - before[event]


def make_item(on_hand):
    return make_stock_item(on_hand=on_hand, strategy="combined")


def test_orders_that_wait_together_are_one_transaction(assert_sold):
    item, before = make_item(100), contention_counts()
    outcome = race_behind_a_leader(item, *[lambda: buy((item, 2))] * 12)
    assert outcome.errors == []
    assert len({placed.order.number for placed in outcome.results}) == 13
    assert (count_since(before, "batches"), count_since(before, "batched_orders")) == (2, 13)
    # One write of the row for the leader's order, one for twelve others.
    assert get_stock_level(sku=item.sku).version == item.version + 2
    assert_sold(item, 25)


def test_the_last_units_go_to_whoever_came_first_and_fits(assert_sold):
    item = make_item(8)
    outcome = race_behind_a_leader(item, *[lambda: buy((item, 3))] * 4, *[lambda: buy((item, 1))])
    # One for the leader; of the seven left, two buyers of three and the one who wants a single unit.
    assert len(outcome.results) == 4
    assert {shortfall for error in outcome.get_errors(OutOfStock) for shortfall in error.shortfalls} == {
        Shortfall(item.sku, 3, 0)
    }
    assert_sold(item, 8)


def test_one_order_that_cannot_be_written_does_not_fail_the_others(assert_sold):
    item = make_item(100)

    def buy_with_an_address_too_long():
        draft = make_draft((item, 1))
        long = type(draft)(**{**{n: getattr(draft, n) for n in draft.__slots__}, "email": "x" * 300})
        return place_order(draft=long, idempotency_scope="test", idempotency_key="bad", now=NOW)

    outcome = race_behind_a_leader(item, *[lambda: buy((item, 1))] * 6, buy_with_an_address_too_long)
    assert len(outcome.results) == 7
    assert [type(error).__name__ for error in outcome.errors] == ["DataError"]
    assert_sold(item, 7)


def test_the_same_key_twice_in_a_batch_is_one_order(assert_sold):
    item = make_item(100)
    outcome = race_behind_a_leader(
        item, *[lambda: buy((item, 1), key="twice")] * 3, *[lambda: buy((item, 1))] * 3
    )
    assert outcome.errors == []
    assert len({placed.order.number for placed in outcome.results}) == 5
    assert_sold(item, 5)


def test_a_key_used_for_another_request_is_refused_in_a_batch_too(assert_sold):
    item = make_item(100)
    buy((item, 1), key="used")

    def reuse():
        draft = make_draft((item, 1))
        return place_order(
            draft=draft, idempotency_scope="test", idempotency_key="used", fingerprint="another", now=NOW
        )

    outcome = race_behind_a_leader(item, reuse, *[lambda: buy((item, 1))] * 3)
    assert outcome.count_errors(IdempotencyKeyReused) == 1
    assert_sold(item, 5)


def test_a_repeated_request_gets_its_order_although_its_batch_sold_out(assert_sold):
    item = make_item(7)
    first = buy((item, 3), key="k").order
    outcome = race_behind_a_leader(item, *[lambda: buy((item, 3), key="k")] * 2, lambda: buy((item, 3)))
    assert outcome.errors == []
    assert [placed.order.number for placed in outcome.results].count(first.number) == 2
    assert_sold(item, 7)


@pytest.mark.parametrize("cut", list(Cut))
def test_a_batch_whose_commit_is_lost_gives_each_member_exactly_one_order(assert_sold, proxied, cut):
    item = make_item(100)
    route = connection.settings_dict

    def buy_through_proxy():
        connection.close()
        connection.settings_dict = route
        return buy((item, 1))

    # The first COMMIT is that of whoever holds the row directly, so only the buyers' can be lost.
    proxied.arm(*[cut] * 2)
    outcome = race([buy_through_proxy] * 10)
    proxied.disarm()
    assert outcome.errors == []
    assert proxied.cuts == 2
    assert len({placed.order.number for placed in outcome.results}) == Order.objects.count() == 10
    assert not any(placed.replayed for placed in outcome.results)
    assert_sold(item, 10)


def test_baskets_with_other_items_are_written_alone(assert_sold):
    hot, other, before = make_item(10), make_stock_item(on_hand=10), contention_counts()
    outcome = race([lambda: buy((hot, 1), (other, 1))] * 8 + [lambda: buy((hot, 1))] * 2)
    assert outcome.errors == []
    assert count_since(before, "batched_orders") == 2
    assert_sold(hot, 10)
    assert_sold(other, 8)


def test_who_waits_too_long_is_told_so_and_buys_nothing():
    is_working, may_end = threading.Event(), threading.Event()

    def work(batch):
        is_working.set()
        assert may_end.wait(DEADLINE_SECONDS)
        return batch

    slow = Combiner(work, batch_limit=4, waiting_limit=8)

    def be_impatient():
        assert is_working.wait(DEADLINE_SECONDS)
        try:
            return slow.submit("k", "late", patience_seconds=0.01)
        finally:
            may_end.set()

    outcome = race([lambda: slow.submit("k", "first", patience_seconds=9), be_impatient])
    assert outcome.results == ["first"]
    assert outcome.count_errors(StockBusy) == 1
    assert slow.submit("k", "again", patience_seconds=1) == "again"


def test_who_comes_behind_too_many_is_turned_away_at_once():
    is_working, may_end = threading.Event(), threading.Event()

    def work(batch):
        is_working.set()
        assert may_end.wait(DEADLINE_SECONDS)
        return batch

    short, before = Combiner(work, batch_limit=1, waiting_limit=1), contention_counts()

    def follow():
        assert is_working.wait(DEADLINE_SECONDS)
        return short.submit("k", "follows", patience_seconds=DEADLINE_SECONDS)

    def come_too_late():
        wait_until(lambda: short.count_waiting("k") == 1)
        try:
            return short.submit("k", "late", patience_seconds=DEADLINE_SECONDS)
        finally:
            may_end.set()

    outcome = race([lambda: short.submit("k", "first", patience_seconds=9), follow, come_too_late])
    assert sorted(outcome.results) == ["first", "follows"]
    assert outcome.count_errors(StockBusy) == 1
    assert count_since(before, "line_full") == 1


def test_a_leader_that_is_stopped_leaves_neither_its_followers_nor_the_item_behind():
    is_working, may_end = threading.Event(), threading.Event()

    def work(batch):
        if "stopped" in batch:
            is_working.set()
            assert may_end.wait(DEADLINE_SECONDS)
            raise SystemExit
        return batch

    stopping = Combiner(work, batch_limit=4, waiting_limit=8)

    def follow():
        assert is_working.wait(DEADLINE_SECONDS)
        set_when(may_end, lambda: stopping.count_waiting("k") == 1)
        return stopping.submit("k", "follows", patience_seconds=9)

    outcome = race([lambda: stopping.submit("k", "stopped", patience_seconds=9), follow])
    assert outcome.results == ["follows"]
    assert outcome.count_errors(SystemExit) == 1
    assert stopping.submit("k", "again", patience_seconds=1) == "again"


def test_followers_of_a_batch_that_was_broken_off_are_told_that_nobody_knows():
    is_working, is_second = threading.Event(), threading.Event()

    def work(batch):
        if batch == ["first"]:
            is_working.set()
            assert is_second.wait(DEADLINE_SECONDS)
            return batch
        raise KeyboardInterrupt

    breaking = Combiner(work, batch_limit=4, waiting_limit=8)

    def follow():
        assert is_working.wait(DEADLINE_SECONDS)
        set_when(is_second, lambda: breaking.count_waiting("k") == 2)
        return breaking.submit("k", "follows", patience_seconds=9)

    outcome = race([lambda: breaking.submit("k", "first", patience_seconds=9), follow, follow])
    assert outcome.results == ["first"]
    assert outcome.count_errors(KeyboardInterrupt, BatchFailed) == 2


def test_a_waiting_thread_that_is_stopped_does_not_take_the_lead_with_it():
    is_working, may_end = threading.Event(), threading.Event()

    def work(batch):
        is_working.set()
        assert may_end.wait(DEADLINE_SECONDS)
        return batch

    patient = Combiner(work, batch_limit=1, waiting_limit=8)

    def lead():
        return patient.submit("k", "first", patience_seconds=9)

    def be_stopped():
        assert is_working.wait(DEADLINE_SECONDS)
        me = threading.get_ident()
        threading.Thread(target=stop_when_waiting, args=(me,)).start()
        return patient.submit("k", "stopped", patience_seconds=9)

    def stop_when_waiting(thread_id):
        wait_until(lambda: patient.count_waiting("k") == 1)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread_id), ctypes.py_object(SystemExit))
        may_end.set()

    outcome = race([lead, be_stopped])
    outcome.count_errors(SystemExit)
    assert patient.submit("k", "again", patience_seconds=1) == "again"
