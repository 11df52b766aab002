"""A storm of buyers is told from memory what is sold out; nobody else ever is."""

import time

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from inventory import sold_out
from inventory.contention import contention_counts
from inventory.errors import OutOfStock
from inventory.models import StockItem
from inventory.services import adjust, plan_reservation, receive, release
from inventory.sold_out import (
    LOOK_AGAIN_SECONDS,
    REMEMBERED_SECONDS,
    STORM_REFUSALS,
    STORM_SECONDS,
    note_refusal,
    recall_shortfall,
)
from inventory.types import Demand, Shortfall
from orders.selectors import get_order
from orders.services import cancel_order
from tests.builders import NOW, buy, make_stock_item, revive
from tests.concurrency.race import race, wait_until

# Units come back with COMMIT, which these tests must see.
pytestmark = pytest.mark.django_db(transaction=True)


def is_refused(item, quantity=1, *, look=False):
    try:
        plan_reservation(demands=[Demand(item.id, quantity)], look=look)
    except OutOfStock:
        return True
    return False


def storm(item, quantity=1):
    """Refuse as often as makes a storm, each time having looked."""
    for _ in range(STORM_REFUSALS):
        assert is_refused(item, quantity, look=True)


def count_queries_in_a_storm(item, refuse):
    """Return how many questions a refusal costs while a storm is on."""
    storm(item)
    with CaptureQueriesContext(connection) as asked, pytest.raises(OutOfStock):
        refuse()
    return len(asked)


def bring_back(how, item, order):
    if how == "cancel":
        cancel_order(number=order.number, reason="staff", actor="test", now=NOW)
    elif how == "receive":
        receive(sku=item.sku, quantity=1, actor="test", reason="", now=NOW)
    else:
        adjust(sku=item.sku, delta=1, actor="test", reason="", now=NOW)


def bring_back_elsewhere(item):
    """Add a unit as another process would: nothing of it is noticed in this one."""
    StockItem.objects.filter(id=item.id).update(on_hand=F("on_hand") + 1, available=F("available") + 1)


def test_in_a_storm_a_refusal_costs_no_read():
    item, before = make_stock_item(on_hand=0), contention_counts()
    demands = [Demand(item.id, 2), Demand(item.id, 1)]
    # What was read is remembered for so short that a busy machine may need more than one attempt.
    wait_until(lambda: count_queries_in_a_storm(item, lambda: plan_reservation(demands=demands)) == 0)
    with pytest.raises(OutOfStock) as refusal:
        plan_reservation(demands=demands)
    assert refusal.value.shortfalls == [Shortfall(item.sku, 3, 0)]
    assert contention_counts()["refused_from_memory"] > before["refused_from_memory"]


def test_a_quiet_shop_always_looks(django_assert_num_queries):
    item = make_stock_item(on_hand=0)
    for _ in range(STORM_REFUSALS - 1):
        with django_assert_num_queries(1):
            assert is_refused(item)
    with django_assert_num_queries(1):
        assert is_refused(item)


def test_refusals_spread_over_time_are_no_storm(django_assert_num_queries):
    item, now = make_stock_item(on_hand=0), time.monotonic()
    for turn in range(STORM_REFUSALS):
        # The first of them is too long ago for the last.
        read_at = now if turn else now - STORM_SECONDS
        note_refusal(stock_item_id=item.id, shortfall=Shortfall(item.sku, 1, 0), read_at=read_at)
    with django_assert_num_queries(1):
        assert is_refused(item)


def test_who_wants_no_more_than_there_was_is_not_refused_from_memory():
    item = make_stock_item(on_hand=2)
    storm(item, quantity=3)
    assert not is_refused(item, 2)


def test_a_basket_with_other_items_is_told_all_that_is_missing():
    item, other = make_stock_item(on_hand=0), make_stock_item(on_hand=1)
    storm(item)
    with pytest.raises(OutOfStock) as refusal:
        plan_reservation(demands=[Demand(item.id, 1), Demand(other.id, 2)])
    assert refusal.value.shortfalls == [Shortfall(item.sku, 1, 0), Shortfall(other.sku, 2, 1)]


@pytest.mark.parametrize("how", ["receive", "adjust", "cancel"])
def test_units_that_come_back_here_are_for_sale_at_once_also_in_a_storm(how):
    item = make_stock_item(on_hand=1)
    order = buy((item, 1)).order
    storm(item)
    bring_back(how, item, order)
    assert not is_refused(item)


def test_a_unit_that_comes_back_is_for_sale_though_others_looked_before_it_was_committed():
    item = make_stock_item(on_hand=1)
    order = buy((item, 1)).order
    storm(item)
    with transaction.atomic():
        release(references=[f"order:{order.number}"], actor="test", reason="", now=NOW)
        # Others look meanwhile, and what they read is not true any more after COMMIT.
        race([lambda: storm(item)])
    assert not is_refused(item)


def test_what_was_read_before_units_came_back_is_not_remembered_after():
    item = make_stock_item(on_hand=0)
    storm(item)
    read_at = time.monotonic()
    receive(sku=item.sku, quantity=1, actor="test", reason="", now=NOW)
    # A thread that was held up between its read and telling what it read.
    note_refusal(stock_item_id=item.id, shortfall=Shortfall(item.sku, 1, 0), read_at=read_at)
    assert not is_refused(item)


def test_units_that_come_back_elsewhere_are_for_sale_within_a_second_although_the_storm_goes_on():
    item = make_stock_item(on_hand=0)
    storm(item)
    bring_back_elsewhere(item)
    came_back_at = time.monotonic()
    wait_until(lambda: not is_refused(item))
    assert time.monotonic() - came_back_at < 1


def test_late_money_looks_for_itself_also_in_a_storm():
    item = make_stock_item(on_hand=1)
    order = buy((item, 1)).order
    cancel_order(number=order.number, reason="staff", actor="test", now=NOW)
    other = buy((item, 1)).order
    storm(item)
    # The other order is swept by a worker, of which this process hears nothing.
    bring_back_elsewhere(item)
    revive(order)
    assert get_order(number=order.number).status == "paid"
    assert get_order(number=other.number).status == "pending"


def test_a_repeated_request_gets_its_order_also_in_a_storm():
    item = make_stock_item(on_hand=1)
    first = buy((item, 1), key="k").order

    def is_answered_from_memory():
        storm(item)
        before = contention_counts()
        replay = buy((item, 1), key="k")
        assert (replay.order, replay.replayed) == (first, True)
        return contention_counts()["refused_from_memory"] > before["refused_from_memory"]

    wait_until(is_answered_from_memory)


def test_a_refusal_in_a_storm_asks_the_database_only_whether_it_is_a_repetition():
    item = make_stock_item(on_hand=0)
    wait_until(lambda: count_queries_in_a_storm(item, lambda: buy((item, 1))) == 1)


def test_items_that_nobody_wants_any_more_take_no_memory():
    shortfall = Shortfall("X", 1, 0)
    for stock_item_id in range(-1000, 0):
        note_refusal(stock_item_id=stock_item_id, shortfall=shortfall, read_at=stock_item_id * STORM_SECONDS)
    assert len(sold_out._refused) <= 256


def test_before_what_is_remembered_is_too_old_one_buyer_looks_and_the_others_are_told():
    shortfall = Shortfall("X", 1, 0)

    def tell(age):
        read_at = time.monotonic() - age
        for _ in range(STORM_REFUSALS):
            note_refusal(stock_item_id=-1, shortfall=shortfall, read_at=read_at)
        return [recall_shortfall(stock_item_id=-1, quantity=1) for _ in range(3)]

    # A busy machine may take long between the note and the question, and a read that began before units
    # came back, be it in the test before this one, is not remembered.
    wait_until(lambda: tell(age=0.0) == [shortfall] * 3)
    wait_until(lambda: tell(age=LOOK_AGAIN_SECONDS) == [None, shortfall, shortfall])
    wait_until(lambda: tell(age=REMEMBERED_SECONDS) == [None] * 3)
