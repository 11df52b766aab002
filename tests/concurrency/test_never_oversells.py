"""Promise 1: whatever the strategy, mixed or switched under load, nobody is sold a unit that is not there."""

import random

from inventory.errors import OutOfStock, StockBusy
from tests.builders import buy
from tests.concurrency.race import race


def test_last_unit_goes_to_exactly_one_of_32_buyers(make_item, switching, assert_sold):
    item = make_item(1)
    with switching(item):
        outcome = race([lambda: buy((item, 1))] * 32)
    assert len(outcome.results) == 1
    assert outcome.count_errors(OutOfStock) == 31
    assert_sold(item, 1)


def test_hot_item_sells_out_to_exactly_zero(make_item, switching, assert_sold):
    item = make_item(60)

    def buy_six_times():
        placed = 0
        for _ in range(6):
            try:
                buy((item, 1))
                placed += 1
            except OutOfStock as refusal:
                assert refusal.shortfalls[0].available == 0
        return placed

    with switching(item):
        outcome = race([buy_six_times] * 16)
    assert outcome.errors == []
    assert sum(outcome.results) == 60
    assert_sold(item, 60)


def test_baskets_in_opposite_orders_do_not_deadlock_their_buyers(make_item, switching, assert_sold):
    first, second, third = make_item(500), make_item(500), make_item(500)

    def buy_repeatedly(*basket):
        for _ in range(8):
            buy(*((item, 1) for item in basket))

    with switching(first, second, third):
        outcome = race(
            [lambda: buy_repeatedly(first, second, third)] * 6 + [lambda: buy_repeatedly(third, second, first)] * 6
        )
    assert outcome.errors == []
    for item in (first, second, third):
        assert_sold(item, 96)


def test_buyers_of_several_units_never_share_one(make_item, switching, assert_sold):
    item = make_item(50)
    with switching(item):
        outcome = race([lambda: buy((item, 7))] * 16)
    assert len(outcome.results) == 7
    assert outcome.count_errors(OutOfStock) == 9
    assert_sold(item, 49)


def test_two_lines_of_one_item_are_counted_together(make_item, switching, assert_sold):
    item = make_item(9)
    with switching(item):
        outcome = race([lambda: buy((item, 2), (item, 2))] * 12)
    assert len(outcome.results) == 2
    assert outcome.count_errors(OutOfStock) == 10
    assert_sold(item, 8)


def test_random_baskets_fight_over_the_last_units_of_many_items(make_item, switching, assert_sold, seed):
    items = [make_item(random.randint(3, 12)) for _ in range(8)]
    baskets = [
        [[(item, random.randint(1, 3)) for item in random.sample(items, random.randint(1, 5))] for _ in range(10)]
        for _ in range(10)
    ]

    def buy_all(wanted):
        sold = []
        for basket in wanted:
            try:
                buy(*basket)
                sold.extend(basket)
            except (OutOfStock, StockBusy) as refusal:
                assert isinstance(refusal, OutOfStock), "contention of ten buyers must not reach a caller"
        return sold

    with switching(*items):
        outcome = race([lambda wanted=wanted: buy_all(wanted) for wanted in baskets])
    assert outcome.errors == []
    for item in items:
        assert_sold(item, sum(q for sold in outcome.results for one, q in sold if one == item))


def test_refusal_lists_every_item_that_is_short(make_item, assert_sold):
    plenty, few, none = make_item(10), make_item(2), make_item(0)
    outcome = race([lambda: buy((few, 3), (plenty, 1), (none, 1))] * 4)
    assert outcome.count_errors(OutOfStock) == 4
    for refusal in outcome.errors:
        assert [(s.sku, s.requested, s.available) for s in refusal.shortfalls] == [(few.sku, 3, 2), (none.sku, 1, 0)]
    assert_sold(plenty, 0)
