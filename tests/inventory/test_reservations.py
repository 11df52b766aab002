"""Units promised to an order come back or leave the house once, however often and in whatever order asked."""

import itertools

import pytest
from django.db import transaction

from inventory.errors import DuplicateMovement, OutOfStock, TransactionRequired
from inventory.models import StockMovement
from inventory.selectors import get_stock_level, list_reservations
from inventory.services import PlannedClaim, plan_reservation, release, reserve, reserve_together, ship
from inventory.types import Demand
from tests.builders import NOW, make_stock_item

pytestmark = pytest.mark.django_db


def book_reserve(*wanted, reference="order:A"):
    claims = plan_reservation(demands=[Demand(item.id, quantity) for item, quantity in wanted])
    with transaction.atomic():
        reserve(claims=claims, reference=reference, actor="test", now=NOW)


def book_release(*references):
    with transaction.atomic():
        return release(references=references or ["order:A"], actor="test", reason="expired", now=NOW)


def book_ship(reference="order:A"):
    with transaction.atomic():
        return ship(reference=reference, actor="test", now=NOW)


def read_counters(item):
    level = get_stock_level(sku=item.sku)
    return level.on_hand, level.available


def test_released_units_can_be_sold_again():
    item = make_stock_item(on_hand=5)
    book_reserve((item, 2))
    assert book_release() == 2
    assert read_counters(item) == (5, 5)


def test_shipped_units_have_left_the_house():
    item = make_stock_item(on_hand=5)
    book_reserve((item, 2))
    assert book_ship() == 2
    assert read_counters(item) == (3, 3)


@pytest.mark.parametrize(
    "steps",
    [steps for length in (1, 2, 3, 4) for steps in itertools.product(["release", "ship"], repeat=length)],
)
def test_only_the_first_of_any_releases_and_shipments_counts(steps):
    item = make_stock_item(on_hand=5)
    book_reserve((item, 2))
    moved = [book_release() if step == "release" else book_ship() for step in steps]
    assert moved == [2] + [0] * (len(steps) - 1)
    assert read_counters(item) == ((5, 5) if steps[0] == "release" else (3, 3))


@pytest.mark.parametrize("settle", [book_release, book_ship])
def test_what_was_never_reserved_neither_comes_back_nor_leaves(settle):
    item = make_stock_item(on_hand=5)
    assert settle() == 0
    assert read_counters(item) == (5, 5)


@pytest.mark.parametrize("settle", [book_release, book_ship, lambda: None])
def test_a_reference_reserves_an_item_once(settle):
    item = make_stock_item(on_hand=5)
    book_reserve((item, 2))
    settle()
    before = read_counters(item)
    with pytest.raises(DuplicateMovement):
        book_reserve((item, 2))
    assert read_counters(item) == before


def test_a_batch_of_references_comes_back_with_one_change_for_each_item():
    first, second = make_stock_item(on_hand=9), make_stock_item(on_hand=9)
    for n in range(3):
        book_reserve((first, 1), (second, 2), reference=f"order:{n}")
    versions = [get_stock_level(sku=item.sku).version for item in (first, second)]
    assert book_release("order:0", "order:1", "order:2", "order:unknown") == 9
    assert read_counters(first) == read_counters(second) == (9, 9)
    assert [get_stock_level(sku=item.sku).version for item in (first, second)] == [v + 1 for v in versions]


def test_releasing_a_batch_skips_what_was_settled_before():
    item = make_stock_item(on_hand=9)
    for n in range(3):
        book_reserve((item, 2), reference=f"order:{n}")
    book_release("order:0")
    book_ship("order:1")
    assert book_release("order:0", "order:1", "order:2") == 2
    assert read_counters(item) == (7, 7)


def test_a_release_notes_why():
    item = make_stock_item()
    book_reserve((item, 2))
    book_release()
    movement = StockMovement.objects.get(reference="order:A", kind="release")
    assert (movement.actor, movement.reason, movement.available_delta) == ("test", "expired", 2)


def test_what_became_of_a_reservation_can_be_read():
    item = make_stock_item()
    book_reserve((item, 2))
    assert list_reservations(references=["order:A"]) == {("order:A", item.id): {"reserve": 2}}
    book_ship()
    assert list_reservations(references=["order:A"]) == {("order:A", item.id): {"reserve": 2, "ship": 2}}


@pytest.mark.django_db(transaction=True)
def test_releasing_and_shipping_need_the_transaction_in_which_the_order_changes():
    item = make_stock_item(on_hand=5)
    book_reserve((item, 2))
    with pytest.raises(TransactionRequired):
        release(references=["order:A"], actor="test", reason="", now=NOW)
    with pytest.raises(TransactionRequired):
        ship(reference="order:A", actor="test", now=NOW)
    assert read_counters(item) == (5, 3)


def test_the_next_buyer_of_a_hot_item_that_combines_need_not_look_first(django_assert_num_queries):
    item = make_stock_item(on_hand=5, strategy="combined")
    demands = [Demand(item.id, 9)]
    with pytest.raises(OutOfStock):
        plan_reservation(demands=demands)
    plan_reservation(demands=[Demand(item.id, 1)])
    with django_assert_num_queries(0):
        [claim] = plan_reservation(demands=demands)
    assert (claim.sku, claim.quantity, claim.combines) == (item.sku, 9, True)
    with pytest.raises(OutOfStock):
        plan_reservation(demands=demands, look=True)


def test_what_was_remembered_of_a_hot_item_is_forgotten_when_it_runs_short():
    item = make_stock_item(on_hand=1, strategy="combined")
    plan_reservation(demands=[Demand(item.id, 1)])
    with transaction.atomic():
        assert not reserve_together(
            claim=PlannedClaim(item.id, item.sku, 2, "combined"),
            wanted=[("r", 2)],
            actor="test",
            now=NOW,
        )
        transaction.set_rollback(True)
    with pytest.raises(OutOfStock):
        plan_reservation(demands=[Demand(item.id, 2)])


def test_claims_are_planned_in_the_order_of_their_items_whatever_the_basket():
    items = [make_stock_item() for _ in range(5)]
    claims = plan_reservation(demands=[Demand(item.id, 1) for item in reversed(items)])
    assert [claim.stock_item_id for claim in claims] == [item.id for item in items]
