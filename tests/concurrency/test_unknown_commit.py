"""The connection dies during COMMIT: the caller still gets exactly one order, committed or not."""

import itertools

import pytest
from django.db import OperationalError, connection

from inventory.errors import StockBusy
from orders.models import Order
from tests.builders import buy, make_payment_callback, make_stock_item
from tests.concurrency.proxy import Cut
from tests.concurrency.race import race


@pytest.mark.parametrize("cut", list(Cut))
def test_a_lost_commit_still_gives_exactly_one_order(make_item, assert_sold, proxied, cut):
    item = make_item(5)
    proxied.arm(cut)
    placed = buy((item, 2), key="k")
    assert proxied.cuts == 1
    assert not placed.replayed
    proxied.disarm()
    assert list(Order.objects.values_list("number", flat=True)) == [placed.order.number]
    assert buy((item, 2), key="k").order.number == placed.order.number
    assert_sold(item, 2)


@pytest.mark.parametrize("cuts", list(itertools.product(Cut, repeat=2)))
def test_losing_the_retry_too_changes_nothing(assert_sold, proxied, cuts):
    item = make_stock_item(on_hand=2)
    proxied.arm(*cuts)
    placed = buy((item, 2), key="k")
    # A commit that was carried out is found by its key, so the second cut is never reached.
    assert proxied.cuts == (1 if cuts[0] is Cut.AFTER_COMMIT else 2)
    proxied.disarm()
    assert Order.objects.get().number == placed.order.number
    assert_sold(item, 2)


def test_a_database_that_loses_every_commit_is_busy_and_sells_nothing(assert_sold, proxied):
    item = make_stock_item(on_hand=5)
    proxied.arm(*[Cut.BEFORE_COMMIT] * 50)
    with pytest.raises(StockBusy):
        buy((item, 2), key="k")
    proxied.disarm()
    assert Order.objects.count() == 0
    assert_sold(item, 0)


def test_a_lost_commit_in_the_middle_of_a_race_oversells_nothing(
    strategy, make_item, switching, assert_sold, proxied
):
    item = make_item(6)
    route = connection.settings_dict
    proxied.arm(*[Cut.AFTER_COMMIT, Cut.BEFORE_COMMIT] * 4)

    def buy_through_proxy():
        connection.close()
        connection.settings_dict = route
        return buy((item, 1))

    with switching(item):
        outcome = race([buy_through_proxy] * 12)
    assert len(outcome.results) == 6
    assert len({placed.order.number for placed in outcome.results}) == 6
    # Orders that share a transaction share its COMMIT; the others have one each.
    assert proxied.cuts >= (1 if strategy in ("combined", "pooled", "mixed") else 6)
    proxied.disarm()
    assert_sold(item, 6)


def test_a_payment_whose_commits_are_lost_is_applied_once(assert_sold, proxied):
    item = make_stock_item(on_hand=5)
    callback = make_payment_callback(buy((item, 1)).order)
    # The first commit keeps the event: the gateway hears of no success and sends it again.
    proxied.arm(Cut.AFTER_COMMIT)
    with pytest.raises(OperationalError):
        callback.deliver()
    # The next one applies it.
    proxied.arm(Cut.AFTER_COMMIT)
    # Empty: asked before the server had finished the commit that nobody heard of.
    assert callback.deliver().outcome in ("applied", "")
    assert proxied.cuts == 2
    assert callback.deliver().outcome == "applied"
    assert_sold(item, 1)
