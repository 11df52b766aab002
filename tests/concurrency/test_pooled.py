"""Several transactions sell a pooled item at once, to the last unit, however it is handled meanwhile."""

import itertools
import threading
import time
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction

from inventory import hot
from inventory.contention import contention_counts
from inventory.errors import OutOfStock
from inventory.locking.registry import get_strategy
from inventory.models import StockSlice
from inventory.selectors import get_levels_by_id, get_stock_level
from inventory.services import (
    adjust,
    plan_reservation,
    receive,
    reserve,
    set_locking_strategy,
    set_on_hand,
)
from inventory.slices import gather
from inventory.transactions import run_in_transaction
from inventory.types import Demand
from orders.services import cancel_order
from tests.builders import NOW, buy, make_stock_item
from tests.concurrency.conftest import STRATEGIES
from tests.concurrency.race import race

DEADLINE_SECONDS = 30
WHO: dict[str, Any] = {"actor": "test", "reason": "because", "now": NOW}


def make_pooled(on_hand):
    """Make a pooled item of which one unit was sold, so that the others are spread."""
    item = make_stock_item(on_hand=on_hand + 1, strategy="pooled")
    buy((item, 1))
    return item


def count_left(item):
    return get_levels_by_id(ids=[item.id])[item.id].available


def list_slots(item):
    return list(StockSlice.objects.filter(stock_item_id=item.id).values_list("slot", flat=True))


def buy_alone(item, quantity=1):
    """Order an item in a basket with another one, so that the order shares no transaction."""
    return buy((item, quantity), (make_stock_item(on_hand=1), 1))


def wait_until(condition):
    """Wait until something is so."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.002)


def is_stuck_at(statement):
    """Say whether some session is busy with a statement that begins like this."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT info FROM information_schema.processlist")
        return any((row[0] or "").lstrip().startswith(statement) for row in cursor.fetchall())


@contextmanager
def holding(item, *, slots, commit=True, taking=0):
    """Hold some slices like claimers who have not committed yet; each has taken so many units."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT units FROM inventory_stockslice WHERE stock_item_id = %s AND slot IN %s FOR UPDATE",
            [item.id, tuple(slots)],
        )
        cursor.execute(
            "UPDATE inventory_stockslice SET units = units - %s WHERE stock_item_id = %s AND slot IN %s",
            [taking, item.id, tuple(slots)],
        )
        yield
        transaction.set_rollback(not commit)


def race_while(held, *racers, stuck_at):
    """Start the racers while something is held, which is let go once they wait for it at a statement."""
    is_held = threading.Event()

    def hold():
        with held:
            is_held.set()
            wait_until(lambda: is_stuck_at(stuck_at))

    def run(racer):
        assert is_held.wait(DEADLINE_SECONDS)
        return racer()

    outcome = race([hold, *[lambda racer=racer: run(racer) for racer in racers]])
    outcome.results = [result for result in outcome.results if result is not None]
    return outcome


def test_a_buyer_does_not_wait_for_those_who_hold_other_slices(assert_sold):
    item = make_pooled(500)
    first, *others = list_slots(item)
    with holding(item, slots=others, commit=False):
        assert race([lambda: buy((item, 1))]).errors == []
    with holding(item, slots=[first], commit=False):
        assert race([lambda: buy((item, 1)), lambda: buy_alone(item)]).errors == []
    assert_sold(item, 4)


def test_buyers_sell_at_the_same_time_from_different_slices():
    item = make_pooled(500)
    with transaction.atomic():
        claim = get_strategy("pooled").claim
        assert claim(stock_item_id=item.id, quantity=1) is None

        def claim_too():
            with transaction.atomic():
                return claim(stock_item_id=item.id, quantity=1)

        outcome = race([claim_too] * 5)
    assert (outcome.results, outcome.errors) == ([None] * 5, [])
    assert count_left(item) == 494


@pytest.mark.parametrize("commit", [True, False])
def test_a_buyer_waits_for_a_slice_when_all_are_held(assert_sold, commit):
    item = make_pooled(500)
    before = contention_counts()["spreads"]
    held = holding(item, slots=list_slots(item), commit=commit)
    outcome = race_while(held, lambda: buy((item, 2)), stuck_at="UPDATE inventory_stockslice")
    assert (len(outcome.results), outcome.errors) == (1, [])
    assert contention_counts()["spreads"] == before, "the units were spread anew without need"
    assert_sold(item, 3)


def test_a_buyer_who_waited_for_a_slice_that_is_empty_by_then_looks_again(assert_sold):
    item = make_pooled(130)
    emptying = holding(item, slots=list_slots(item), taking=65)
    outcome = race_while(emptying, lambda: buy((item, 1)), stuck_at="UPDATE inventory_stockslice")
    assert outcome.count_errors(OutOfStock) == 1
    assert count_left(item) == 0


@pytest.mark.parametrize(("commit", "left"), [(True, 110), (False, 130)])
def test_a_buyer_of_more_than_a_slice_holds_gets_what_others_leave_to_the_last_unit(commit, left):
    item = make_pooled(130)
    held = holding(item, slots=list_slots(item)[:1], taking=20, commit=commit)
    outcome = race_while(held, lambda: buy((item, left)), stuck_at="SELECT slot, units")
    assert (len(outcome.results), outcome.errors) == (1, [])
    assert count_left(item) == 0


def test_a_buyer_of_more_than_others_leave_is_refused_once_they_are_done():
    item = make_pooled(130)
    held = holding(item, slots=list_slots(item)[:1], taking=20)
    outcome = race_while(held, lambda: buy((item, 111)), stuck_at="SELECT slot, units")
    [refusal] = outcome.get_errors(OutOfStock)
    assert [(s.requested, s.available) for s in refusal.shortfalls] == [(111, 110)]
    assert count_left(item) == 110


def test_units_come_back_while_somebody_sweeps_and_are_there_for_the_next(assert_sold):
    item = make_pooled(130)
    order = buy((item, 30)).order
    held = holding(item, slots=list_slots(item)[:1])
    outcome = race_while(
        held,
        lambda: buy((item, 90)),
        lambda: cancel_order(number=order.number, reason="customer", actor="test", now=NOW),
        lambda: receive(sku=item.sku, quantity=5, **WHO),
        stuck_at="SELECT slot, units",
    )
    assert outcome.errors == []
    assert count_left(item) == 45
    buy((item, 45))
    assert_sold(item, 136, received=5)


@pytest.mark.parametrize("quantity", [1, 3])
def test_many_buyers_sell_it_out_to_the_last_unit(assert_sold, quantity):
    item = make_stock_item(on_hand=400, strategy="pooled")

    def buy_all_one_can():
        sold = 0
        try:
            while True:
                buy_alone(item, quantity)
                sold += quantity
        except OutOfStock:
            return sold

    outcome = race([buy_all_one_can] * 10)
    assert outcome.errors == []
    assert sum(outcome.results) == 400 - 400 % quantity
    assert_sold(item, 400 - 400 % quantity)


def test_batches_and_baskets_sell_it_out_together_while_it_is_restocked(assert_sold):
    item = make_stock_item(on_hand=200, strategy="pooled")

    def buy_sixty(how):
        sold = 0
        for _ in range(60):
            try:
                how(item)
            except OutOfStock:
                continue
            sold += 1
        return sold

    def restock():
        for _ in range(20):
            receive(sku=item.sku, quantity=5, **WHO)
        return 0

    together, alone = [lambda: buy_sixty(lambda one: buy((one, 1)))], [lambda: buy_sixty(buy_alone)]
    outcome = race([*together * 8, *alone * 3, restock])
    assert outcome.errors == []
    sold = sum(outcome.results)
    assert sold + count_left(item) == 300
    assert_sold(item, sold, received=100)


def test_baskets_of_pooled_items_in_opposite_orders_do_not_deadlock(assert_sold):
    first, second = make_pooled(400), make_pooled(400)
    before = contention_counts()["deadlocks"]

    def buy_ten(*basket):
        for quantity in range(1, 11):
            buy(*((item, quantity) for item in basket))

    outcome = race([lambda: buy_ten(first, second), lambda: buy_ten(second, first)] * 3)
    assert outcome.errors == []
    assert contention_counts()["deadlocks"] == before
    for item in (first, second):
        assert_sold(item, 331)


def test_nobody_is_refused_and_nothing_lost_while_the_strategy_is_switched(assert_sold):
    item = make_stock_item(on_hand=900, strategy="pooled")
    done = threading.Event()

    def switch():
        names = itertools.cycle(["pooled", *STRATEGIES])
        while not done.wait(0.01):
            set_locking_strategy(stock_item_ids=[item.id], name=next(names))
        return 0

    def buy_forty(how):
        for _ in range(40):
            how(item)
        return 40

    racers = [lambda: buy_forty(buy_alone)] * 6 + [lambda: buy_forty(lambda one: buy((one, 1)))] * 6

    def run_racers():
        outcome = race(racers)
        done.set()
        assert outcome.errors == []
        return sum(outcome.results)

    outcome = race([switch, run_racers])
    assert outcome.errors == []
    assert sum(outcome.results) == 480
    assert_sold(item, 480)


def test_it_is_sold_to_the_last_unit_while_the_strategy_is_switched(assert_sold):
    item = make_stock_item(on_hand=300, strategy="pooled")
    done = threading.Event()

    def switch():
        names = itertools.cycle(["pooled", "conditional", "pooled", "pessimistic"])
        while not done.wait(0.01):
            set_locking_strategy(stock_item_ids=[item.id], name=next(names))

    def sell():
        outcome = race([lambda: [buy_alone(item) for _ in range(30)]] * 10)
        done.set()
        assert outcome.errors == []

    outcome = race([switch, sell])
    assert outcome.errors == []
    assert count_left(item) == 0
    assert_sold(item, 300)


def test_switching_away_waits_for_those_who_hold_a_slice(assert_sold):
    item = make_pooled(500)
    held = holding(item, slots=list_slots(item)[:3], commit=False, taking=5)
    outcome = race_while(
        held,
        lambda: set_locking_strategy(stock_item_ids=[item.id], name="conditional"),
        stuck_at="SELECT slot, units",
    )
    assert outcome.errors == []
    assert (list_slots(item), count_left(item)) == ([], 500)
    assert_sold(item, 1)


def test_a_count_waits_for_those_who_hold_a_slice():
    item = make_pooled(500)
    held = holding(item, slots=list_slots(item)[:1], commit=False, taking=5)
    outcome = race_while(
        held, lambda: set_on_hand(sku=item.sku, on_hand=400, **WHO), stuck_at="SELECT slot, units"
    )
    assert outcome.errors == []
    assert get_stock_level(sku=item.sku).reserved == 1


def test_a_switch_back_between_a_claim_and_its_refusal_is_no_reason_to_refuse(proxied):
    item = make_stock_item(on_hand=500)
    claims = plan_reservation(demands=[Demand(item.id, 200)])
    set_locking_strategy(stock_item_ids=[item.id], name="pooled")
    # As a second later: what was seen before the switch is not remembered for longer.
    hot.forget(item.id)
    buy((item, 1))

    switched = []

    def switch_back():
        switch = race([lambda: set_locking_strategy(stock_item_ids=[item.id], name="conditional")])
        assert switch.errors == []
        switched.append(True)

    # The guarded UPDATE found little in the depot; by the time somebody asks why, all units are there again,
    # and the strategy is the one the claim was planned with.
    proxied.interrupt("SELECT item.id, item.sku", switch_back)
    run_in_transaction(lambda: reserve(claims=claims, reference="test:T", actor="test", now=NOW))
    assert switched
    assert count_left(item) == 299


def test_staff_take_units_away_while_they_are_sold(assert_sold):
    item = make_stock_item(on_hand=600, strategy="pooled")

    def take_away():
        for _ in range(20):
            adjust(sku=item.sku, delta=-10, **WHO)

    outcome = race([take_away, *[lambda: [buy_alone(item) for _ in range(20)]] * 6])
    assert outcome.errors == []
    assert_sold(item, 120, received=-200)


def test_whoever_wants_all_units_locks_the_items_row_before_any_slice():
    item = make_pooled(130)

    @contextmanager
    def holding_the_row():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT id FROM inventory_stockitem WHERE id = %s FOR UPDATE", [item.id])
            yield
            cursor.execute(
                "SELECT slot FROM inventory_stockslice WHERE stock_item_id = %s FOR UPDATE NOWAIT", [item.id]
            )

    for racer in (
        lambda: buy((item, 100)),
        lambda: run_in_transaction(lambda: gather(stock_item_id=item.id)),
    ):
        outcome = race_while(holding_the_row(), racer, stuck_at="SELECT locking_strategy, available")
        assert outcome.errors == []
