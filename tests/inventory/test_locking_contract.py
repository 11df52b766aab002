"""What every locking strategy must do. A new one is done when it passes this file and tests/concurrency."""

import pytest
from django.db import transaction

from inventory.errors import InvalidQuantity, OutOfStock, TransactionRequired, UnknownSku, UnknownStrategy
from inventory.locking import registry
from inventory.locking.conditional import Conditional
from inventory.locking.registry import get_strategy
from inventory.models import StockMovement
from inventory.selectors import get_levels_by_id, get_stock_level, list_strategies
from inventory.services import adjust, plan_reservation, reserve, set_locking_strategy
from inventory.types import Demand
from tests.builders import NOW, buy, make_stock_item
from tests.sessions import run_sql

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[name for name, _label in list_strategies()])
def strategy(request):
    return request.param


def claim(item, quantity):
    """Claim units by the item's own strategy, inside a transaction."""
    with transaction.atomic():
        return get_strategy(item.locking_strategy).claim(stock_item_id=item.id, quantity=quantity)


def plan(*wanted):
    """Plan the reservation of (item, quantity) pairs."""
    return plan_reservation(demands=[Demand(item.id, quantity) for item, quantity in wanted])


def reserve_planned(claims, reference="order:TEST"):
    """Reserve what was planned, in a transaction that is rolled back if that is refused."""
    with transaction.atomic():
        reserve(claims=claims, reference=reference, actor="test", now=NOW)


def read(item):
    """Return the item as it is now."""
    return get_levels_by_id(ids=[item.id])[item.id]


def test_it_takes_units_that_are_there(strategy):
    item = make_stock_item(on_hand=5, strategy=strategy)
    assert claim(item, 2) is None
    assert read(item).available == 3


def test_it_leaves_units_on_hand_until_they_are_shipped(strategy):
    item = make_stock_item(on_hand=5, strategy=strategy)
    claim(item, 2)
    assert (read(item).on_hand, read(item).reserved) == (5, 2)


def test_it_takes_the_last_unit_and_leaves_exactly_zero(strategy):
    item = make_stock_item(on_hand=3, strategy=strategy)
    assert [claim(item, 1) for _ in range(3)] == [None, None, None]
    assert read(item).available == 0
    assert claim(item, 1) == 0


def test_it_refuses_with_what_is_available_and_takes_nothing(strategy):
    item = make_stock_item(on_hand=3, strategy=strategy)
    assert claim(item, 4) == 3
    assert read(item) == item


def test_it_raises_the_version_by_one_with_every_claim(strategy):
    item = make_stock_item(on_hand=5, strategy=strategy)
    claim(item, 1)
    claim(item, 3)
    assert read(item).version == item.version + 2


def test_it_finds_nothing_in_a_stock_item_that_does_not_exist(strategy):
    with transaction.atomic():
        assert get_strategy(strategy).claim(stock_item_id=2**40, quantity=1) == 0


def test_it_touches_no_other_stock_item(strategy):
    item, neighbour = make_stock_item(strategy=strategy), make_stock_item(strategy=strategy)
    claim(item, 2)
    assert read(neighbour) == neighbour


def test_a_claim_rolled_back_never_happened(strategy):
    item = make_stock_item(on_hand=5, strategy=strategy)
    with transaction.atomic():
        claim(item, 2)
        transaction.set_rollback(True)
    assert read(item) == item


def test_two_lines_of_one_item_are_summed_before_they_are_claimed(strategy):
    item = make_stock_item(on_hand=3, strategy=strategy)
    with pytest.raises(OutOfStock) as refusal:
        plan((item, 2), (item, 2))
    assert [(s.requested, s.available) for s in refusal.value.shortfalls] == [(4, 3)]
    reserve_planned(plan((item, 2), (item, 1)))
    assert read(item).available == 0


def test_planning_names_every_shortfall_at_once(strategy):
    few, plenty, none = (make_stock_item(on_hand=n, strategy=strategy) for n in (2, 9, 0))
    with pytest.raises(OutOfStock) as refusal:
        plan((few, 3), (plenty, 1), (none, 1))
    assert [(s.sku, s.requested, s.available) for s in refusal.value.shortfalls] == [
        (few.sku, 3, 2),
        (none.sku, 1, 0),
    ]


def test_reserving_names_every_shortfall_that_arose_since_planning(strategy):
    items = [make_stock_item(on_hand=2, strategy=strategy) for _ in range(4)]
    claims = plan(*((item, 2) for item in items))
    for sold in items[1:3]:
        buy((sold, 1))
    with pytest.raises(OutOfStock) as refusal:
        reserve_planned(claims)
    short = [(s.sku, s.requested, s.available) for s in refusal.value.shortfalls]
    assert short == [(item.sku, 2, 1) for item in items[1:3]]
    assert not StockMovement.objects.filter(reference="order:TEST").exists()
    assert [read(item).available for item in items] == [2, 1, 1, 2]


def test_reserving_uses_the_strategy_the_item_has_by_then(strategy):
    item = make_stock_item(on_hand=3)
    claims = plan((item, 2))
    set_locking_strategy(stock_item_ids=[item.id], name=strategy)
    reserve_planned(claims)
    assert read(item).available == 1


def test_a_stock_item_that_does_not_exist_is_named(strategy):
    item = make_stock_item(strategy=strategy)
    with pytest.raises(UnknownSku) as refusal:
        plan_reservation(demands=[Demand(item.id, 1), Demand(2**40, 1)])
    assert refusal.value.skus == [f"#{2**40}"]


@pytest.mark.parametrize("quantity", [0, -1, 1.5, True, "2", None, 10**12])
def test_a_quantity_that_is_no_usable_number_of_units_is_refused(strategy, quantity):
    item = make_stock_item(strategy=strategy)
    with pytest.raises(InvalidQuantity) as refusal:
        plan((item, quantity))
    assert refusal.value.quantity is quantity


@pytest.mark.django_db(transaction=True)
def test_reserving_outside_a_transaction_is_refused(strategy):
    item = make_stock_item(on_hand=3, strategy=strategy)
    claims = plan((item, 1))
    with pytest.raises(TransactionRequired):
        reserve(claims=claims, reference="order:TEST", actor="test", now=NOW)
    assert read(item) == item
    assert not StockMovement.objects.filter(reference="order:TEST").exists()


def test_units_found_between_planning_and_claiming_can_be_had(strategy):
    item = make_stock_item(on_hand=3, strategy=strategy)
    claims = plan((item, 3))
    adjust(sku=item.sku, delta=-1, actor="test", reason="lost", now=NOW)
    adjust(sku=item.sku, delta=1, actor="test", reason="found again", now=NOW)
    reserve_planned(claims)
    assert read(item).available == 0


def test_the_default_is_the_conditional_update():
    assert list_strategies()[0][0] == "conditional"
    assert make_stock_item().locking_strategy == "conditional"


def test_every_strategy_has_a_label_for_people():
    assert all(label for _name, label in list_strategies())


def test_a_strategy_that_nobody_registered_is_refused():
    with pytest.raises(UnknownStrategy) as refusal:
        get_strategy("hopeful")
    assert refusal.value.name == "hopeful"


def test_a_stock_item_that_names_no_registered_strategy_sells_nothing():
    item = make_stock_item(on_hand=3)
    run_sql("UPDATE inventory_stockitem SET locking_strategy = 'hopeful' WHERE id = %s", item.id)
    with pytest.raises(UnknownStrategy):
        buy((item, 1))
    assert read(item).available == 3


def test_a_strategy_is_added_by_registering_it():
    class Counting(Conditional):
        name = "counting"
        claims = 0

        def claim(self, *, stock_item_id, quantity):
            Counting.claims += 1
            return super().claim(stock_item_id=stock_item_id, quantity=quantity)

    registry.register(Counting())
    try:
        item = make_stock_item(on_hand=3, strategy="counting")
        buy((item, 1))
    finally:
        registry.unregister("counting")
    assert Counting.claims == 1
    assert get_stock_level(sku=item.sku).available == 2
