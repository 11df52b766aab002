"""Every pair of a status and a move, as one table: what happens to the order, and to its units."""

from contextlib import suppress
from dataclasses import replace

import pytest
from django.db import transaction

from inventory.selectors import get_stock_level, list_reservations
from orders.errors import InvalidTransition, OrderNotCancellable, OrderNotFound, OrderNotPayable
from orders.selectors import get_order
from orders.services import cancel_order, fulfil_order, mark_paid, mark_refunded
from orders.states import ALLOWED_MOVES, OrderStatus
from tests.builders import NOW, buy, make_stock_item, revive

pytestmark = pytest.mark.django_db


def pay(order):
    with transaction.atomic():
        mark_paid(order_id=order.id, now=NOW)


def cancel(order):
    cancel_order(number=order.number, reason="customer", actor="test", now=NOW)


def fulfil(order):
    fulfil_order(number=order.number, actor="test", now=NOW)


def refund(order):
    with transaction.atomic():
        mark_refunded(order_id=order.id, actor="test", now=NOW)


MOVES = {"pay": pay, "revive": revive, "cancel": cancel, "fulfil": fulfil, "refund": refund}

# How an order gets into each status, and what is left of five units then: (on hand, available).
STATUSES = {
    "pending": ([], (5, 3)),
    "paid": ([pay], (5, 3)),
    "fulfilled": ([pay, fulfil], (3, 3)),
    "cancelled": ([cancel], (5, 5)),
    "refunded": ([pay, refund], (5, 5)),
    "refunded after shipping": ([pay, fulfil, refund], (3, 3)),
    "paid late": ([cancel, revive], (5, 3)),
}

# (from, move): (status afterwards, units afterwards). Every pair that is not here is refused.
ALLOWED = {
    ("pending", "pay"): ("paid", (5, 3)),
    ("pending", "cancel"): ("cancelled", (5, 5)),
    ("paid", "fulfil"): ("fulfilled", (3, 3)),
    ("paid", "refund"): ("refunded", (5, 5)),
    ("paid late", "fulfil"): ("fulfilled", (3, 3)),
    ("paid late", "refund"): ("refunded", (5, 5)),
    ("fulfilled", "refund"): ("refunded", (3, 3)),
    ("cancelled", "revive"): ("paid", (5, 3)),
    # Cancelling again is answered like the first time.
    ("cancelled", "cancel"): ("cancelled", (5, 5)),
}

ERRORS = {
    "pay": OrderNotPayable,
    "revive": OrderNotPayable,
    "cancel": OrderNotCancellable,
    "fulfil": InvalidTransition,
    "refund": InvalidTransition,
}


@pytest.fixture
def item():
    return make_stock_item(on_hand=5)


def bring_to(status, item):
    """Return an order of two units that was brought to this status."""
    order = buy((item, 2)).order
    for move in STATUSES[status][0]:
        move(order)
    return order


def count_units(item):
    level = get_stock_level(sku=item.sku)
    return level.on_hand, level.available


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_has_its_place_for_the_units(item, status):
    order = bring_to(status, item)
    assert get_order(number=order.number).status == {"paid late": "paid"}.get(status, status.split()[0])
    assert count_units(item) == STATUSES[status][1]


@pytest.mark.parametrize(("status", "move"), ALLOWED)
def test_an_allowed_move_changes_the_order_and_its_units(item, status, move):
    order = bring_to(status, item)
    MOVES[move](order)
    assert (get_order(number=order.number).status, count_units(item)) == ALLOWED[status, move]


@pytest.mark.parametrize(
    ("status", "move"), [(s, m) for s in STATUSES for m in MOVES if (s, m) not in ALLOWED]
)
def test_any_other_move_is_refused_and_changes_nothing(item, status, move):
    order = bring_to(status, item)
    before = get_order(number=order.number)
    with pytest.raises(ERRORS[move]) as refusal:
        MOVES[move](order)
    assert refusal.value.number == order.number
    assert refusal.value.status == before.status
    assert get_order(number=order.number) == before
    assert count_units(item) == STATUSES[status][1]


@pytest.mark.parametrize(("status", "move"), ALLOWED)
def test_a_move_made_twice_moves_units_once(item, status, move):
    order = bring_to(status, item)
    MOVES[move](order)
    with suppress(InvalidTransition):
        MOVES[move](order)
    assert count_units(item) == ALLOWED[status, move][1]


def test_the_services_make_exactly_the_moves_in_the_table():
    made = {(s.split()[0], to) for (s, _move), (to, _units) in ALLOWED.items() if s != to}
    assert made == {
        (origin.value, target.value) for origin, targets in ALLOWED_MOVES.items() for target in targets
    }


def test_every_status_is_in_the_table():
    assert set(ALLOWED_MOVES) == set(OrderStatus)


def test_each_move_notes_its_time(item):
    order = bring_to("fulfilled", item)
    refund(order)
    order = get_order(number=order.number)
    assert (order.paid_at, order.fulfilled_at, order.refunded_at, order.cancelled_at) == (NOW, NOW, NOW, None)


def test_an_order_paid_late_keeps_no_trace_of_its_cancellation_but_in_the_ledger(item):
    order = bring_to("paid late", item)
    order = get_order(number=order.number)
    assert (order.cancelled_at, order.cancel_reason, order.paid_at) == (None, "", NOW)
    first, second = f"order:{order.number}", f"order:{order.number}/2"
    assert list_reservations(references=[first, second]) == {
        (first, item.id): {"reserve": 2, "release": 2},
        (second, item.id): {"reserve": 2},
    }


def test_an_order_that_does_not_exist_makes_no_move(item):
    order = replace(buy((item, 1)).order, id=1, number="NOBODYS")
    for move in (pay, cancel, fulfil):
        with pytest.raises(OrderNotFound):
            move(order)
