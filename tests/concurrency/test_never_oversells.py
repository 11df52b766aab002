"""Promise 1: whatever the strategy, mixed or switched under load, nobody is sold a unit that is not there."""

import itertools
import random
from functools import partial

from inventory.errors import OutOfStock
from inventory.types import Shortfall
from tests.builders import buy
from tests.concurrency.race import race


def try_to_buy(*baskets):
    """Order one basket after the other and return those that were not refused."""
    sold = []
    for basket in baskets:
        try:
            buy(*basket)
        except OutOfStock:
            continue
        sold.append(basket)
    return sold


def test_last_unit_goes_to_exactly_one_of_32_buyers(make_item, switching, assert_sold):
    item = make_item(1)
    with switching(item):
        outcome = race([lambda: buy((item, 1))] * 32)
    assert len(outcome.results) == 1
    assert outcome.count_errors(OutOfStock) == 31
    assert_sold(item, 1)


def test_hot_item_sells_out_to_exactly_zero(make_item, switching, assert_sold):
    item = make_item(60)
    with switching(item):
        outcome = race([lambda: try_to_buy(*[[(item, 1)]] * 6)] * 16)
    assert outcome.errors == []
    assert sum(len(sold) for sold in outcome.results) == 60
    assert_sold(item, 60)


def test_baskets_in_opposite_orders_do_not_deadlock_their_buyers(make_item, switching, assert_sold):
    first, second, third = make_item(500), make_item(500), make_item(500)

    def buy_eight_times(*basket):
        for _ in range(8):
            buy(*((item, 1) for item in basket))

    with switching(first, second, third):
        outcome = race(
            [lambda: buy_eight_times(first, second, third), lambda: buy_eight_times(third, second, first)] * 6
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

    def fill_basket():
        return [(item, random.randint(1, 3)) for item in random.sample(items, random.randint(1, 5))]

    baskets = [[fill_basket() for _ in range(10)] for _ in range(10)]
    with switching(*items):
        outcome = race([partial(try_to_buy, *wanted) for wanted in baskets])
    assert outcome.errors == []
    sold = list(itertools.chain.from_iterable(itertools.chain.from_iterable(outcome.results)))
    for item in items:
        assert_sold(item, sum(quantity for one, quantity in sold if one == item))


def test_refusal_lists_every_item_that_is_short(make_item, assert_sold):
    plenty, few, none = make_item(10), make_item(2), make_item(0)
    outcome = race([lambda: buy((few, 3), (plenty, 1), (none, 1))] * 4)
    assert len(outcome.errors) == 4
    for refusal in outcome.get_errors(OutOfStock):
        assert refusal.shortfalls == [Shortfall(few.sku, 3, 2), Shortfall(none.sku, 1, 0)]
    assert_sold(plenty, 0)
