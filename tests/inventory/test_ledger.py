"""The ledger only ever grows, and each movement is booked once."""

import pytest
from django.db import transaction
from django.db.models import ProtectedError

from inventory.errors import DuplicateMovement
from inventory.ledger import CountersDisagree, Movement, apply_to_counters, book
from inventory.models import LedgerIsAppendOnly, MovementKind, StockItem, StockMovement
from inventory.selectors import get_stock_level
from inventory.services import adjust, receive
from tests.builders import NOW, make_stock_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def item():
    return make_stock_item(on_hand=5)


@pytest.fixture
def movement(item):
    return StockMovement.objects.get(stock_item_id=item.id)


@pytest.mark.parametrize(
    "change",
    [
        lambda movement: movement.save(),
        lambda movement: movement.delete(),
        lambda movement: StockMovement.objects.create(id=1, stock_item_id=movement.stock_item_id),
        lambda movement: StockMovement.objects.filter(id=movement.id).update(reason="another"),
        lambda movement: StockMovement.objects.filter(id=movement.id).delete(),
        lambda movement: StockMovement.objects.bulk_update([movement], ["reason"]),
        lambda movement: movement.stock_item.movements.all().delete(),
    ],
    ids=["save", "delete", "create", "update", "delete-many", "update-many", "delete-related"],
)
def test_a_booked_movement_can_be_neither_changed_nor_deleted(movement, change):
    with pytest.raises(LedgerIsAppendOnly), transaction.atomic():
        change(movement)
    stored = StockMovement.objects.get(id=movement.id)
    assert (stored.available_delta, stored.on_hand_delta, stored.reason) == (5, 5, movement.reason)


def test_a_stock_item_with_movements_cannot_be_deleted(item):
    with pytest.raises(ProtectedError):
        StockItem.objects.get(id=item.id).delete()


def test_every_movement_says_who_moved_units_why_and_when(item):
    receive(sku=item.sku, quantity=3, reference="note 17", actor="ann", reason="delivery", now=NOW)
    movement = StockMovement.objects.get(stock_item_id=item.id, reference="note 17")
    assert (movement.actor, movement.reason, movement.created_at) == ("ann", "delivery", NOW)


@pytest.mark.parametrize("book_again", [receive, adjust])
def test_the_same_reference_is_not_booked_twice(item, book_again):
    units = {"quantity": 3} if book_again is receive else {"delta": 3}
    book_again(sku=item.sku, reference="note 17", actor="ann", reason="", now=NOW, **units)
    with pytest.raises(DuplicateMovement) as refusal, transaction.atomic():
        book_again(sku=item.sku, reference="note 17", actor="ann", reason="", now=NOW, **units)
    assert refusal.value.reference == "note 17"
    assert get_stock_level(sku=item.sku).on_hand == 8


def test_counters_that_cannot_take_a_booking_refuse_it(item):
    with pytest.raises(CountersDisagree), transaction.atomic():
        apply_to_counters([Movement(item.id, MovementKind.RELEASE, 1, 0, "order:X")])
    assert get_stock_level(sku=item.sku) == item


def test_many_bookings_of_one_stock_item_change_its_counters_once(item):
    bookings = [Movement(item.id, MovementKind.RECEIVE, n, n, f"note {n}") for n in (1, 2, 3)]
    with transaction.atomic():
        book(bookings, actor="ann", now=NOW)
        apply_to_counters(bookings)
    level = get_stock_level(sku=item.sku)
    assert (level.available, level.on_hand, level.version) == (11, 11, item.version + 1)
