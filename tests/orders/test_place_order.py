"""Placing an order: what it holds, what is refused, and that the same request gives the same order."""

import datetime as dt
import uuid
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth import get_user_model

from inventory.errors import InvalidQuantity, OutOfStock, UnknownSku
from inventory.models import StockMovement
from inventory.selectors import get_stock_level
from orders.errors import IdempotencyKeyReused, InvalidOrder
from orders.models import Order, OrderLine
from orders.selectors import get_order
from orders.services import place_order
from orders.types import MAX_AMOUNT, MAX_LINES, LineDraft, OrderDraft, OrderLineView
from tests.builders import NOW, make_draft, make_stock_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def item():
    return make_stock_item(on_hand=5)


def place(draft, *, key=None, scope="test", fingerprint="", now=NOW):
    return place_order(
        draft=draft,
        idempotency_scope=scope,
        idempotency_key=uuid.uuid4().hex if key is None else key,
        fingerprint=fingerprint,
        now=now,
    )


def make_line(item, quantity=1, price=1000, name="A thing"):
    return LineDraft(item.id, item.sku, name, price, quantity)


def assert_nothing_happened(*items):
    assert (Order.objects.count(), OrderLine.objects.count()) == (0, 0)
    assert not StockMovement.objects.filter(kind="reserve").exists()
    assert [get_stock_level(sku=item.sku) for item in items] == list(items)


def test_an_order_keeps_names_and_prices_as_they_were(item):
    other = make_stock_item()
    lines = (
        make_line(item, 2, 1999, "Mug, blue"),
        make_line(other, 1, 0, "Sticker 🦊"),
        make_line(item, 1, 1500, "Mug"),
    )
    placed = place(replace(make_draft(), lines=lines))
    stored = get_order(number=placed.order.number)
    assert stored.lines == (
        OrderLineView(item.sku, "Mug, blue", 1999, 2, item.id),
        OrderLineView(other.sku, "Sticker 🦊", 0, 1, other.id),
        OrderLineView(item.sku, "Mug", 1500, 1, item.id),
    )
    assert [line.line_total for line in stored.lines] == [3998, 0, 1500]
    assert stored.total_amount == 5498


def test_a_new_order_waits_for_payment_until_its_deadline(item):
    placed = place(make_draft((item, 2), due_at=NOW + dt.timedelta(minutes=20)))
    order = placed.order
    assert (order.status, order.placed_at, order.paid_at) == ("pending", NOW, None)
    assert order.payment_due_at == NOW + dt.timedelta(minutes=20)
    assert not placed.replayed


def test_the_order_returned_is_the_order_stored(item):
    address = {"name": "Zoë Ångström 🦊", "lines": ["1 Rue de l'Été", "東京都"], "floor": 3, "note": None}
    draft = replace(make_draft((item, 1)), shipping_address=address, email="zoë@example.com")
    placed = place(draft)
    assert get_order(number=placed.order.number) == placed.order
    assert placed.order.shipping_address == address


def test_an_order_need_not_have_an_address_or_a_customer(item):
    order = get_order(number=place(make_draft((item, 1))).order.number)
    assert (order.shipping_address, order.customer_id) == (None, None)


def test_an_order_belongs_to_the_customer_who_placed_it(item):
    customer = get_user_model().objects.create_user("ann", "ann@example.com")
    order = place(replace(make_draft((item, 1)), customer_id=customer.id)).order
    assert get_order(number=order.number).customer_id == customer.id


def test_units_are_reserved_in_the_name_of_the_order(item):
    order = place(make_draft((item, 2))).order
    movement = StockMovement.objects.get(kind="reserve")
    assert (movement.reference, movement.available_delta, movement.actor) == (
        f"order:{order.number}",
        -2,
        "checkout",
    )
    assert get_stock_level(sku=item.sku).available == 3


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize(
    "due_at",
    [
        dt.datetime(2028, 2, 29, 23, 59, 59, 999999),  # noqa: DTZ001 - the zone is the other parameter
        dt.datetime(2026, 11, 1, 1, 30, fold=0),  # noqa: DTZ001
        dt.datetime(2026, 11, 1, 1, 30, fold=1),  # noqa: DTZ001
    ],
    ids=["leap day", "before the clock goes back", "after the clock went back"],
)
def test_a_deadline_is_one_instant_wherever_it_was_set(item, zone, due_at):
    due_at = due_at.replace(tzinfo=ZoneInfo(zone))
    order = place(make_draft((item, 1), due_at=due_at)).order
    stored = get_order(number=order.number).payment_due_at
    assert stored.astimezone(dt.UTC) == due_at.astimezone(dt.UTC)


def test_an_order_with_nothing_to_pay_is_paid_at_once(item):
    order = place(make_draft((item, 2), unit_price=0)).order
    assert (order.status, order.paid_at, order.total_amount) == ("paid", NOW, 0)
    assert get_order(number=order.number) == order
    assert get_stock_level(sku=item.sku).available == 3


def test_the_largest_order_that_is_allowed_fits():
    item = make_stock_item(on_hand=MAX_LINES)
    order = place(
        replace(make_draft(), lines=(make_line(item, price=MAX_AMOUNT // MAX_LINES),) * MAX_LINES)
    ).order
    assert OrderLine.objects.filter(order_id=order.id).count() == MAX_LINES
    assert get_stock_level(sku=item.sku).available == 0


def test_an_order_needs_lines_but_not_too_many(item):
    for lines in ((), (make_line(item),) * (MAX_LINES + 1)):
        with pytest.raises(InvalidOrder, match="line"):
            place(replace(make_draft(), lines=lines))
    assert_nothing_happened(item)


@pytest.mark.parametrize("price", [-1, True, 1.5, "1000", None, MAX_AMOUNT + 1])
def test_a_price_that_is_no_amount_is_refused(item, price):
    with pytest.raises(InvalidOrder, match="price"):
        place(replace(make_draft(), lines=(make_line(item), make_line(item, price=price))))
    assert_nothing_happened(item)


@pytest.mark.parametrize(
    "prices_and_quantities", [[(MAX_AMOUNT, 2)], [(MAX_AMOUNT, 1), (1, 1)], [(MAX_AMOUNT // 2, 1)] * 3]
)
def test_an_amount_beyond_the_largest_is_refused(item, prices_and_quantities):
    lines = tuple(make_line(item, quantity, price) for price, quantity in prices_and_quantities)
    with pytest.raises(InvalidOrder, match="too large"):
        place(replace(make_draft(), lines=lines))
    assert_nothing_happened(item)


@pytest.mark.parametrize("quantity", [0, -1, 1.5, True, 10**10])
def test_a_quantity_that_is_no_usable_number_of_units_is_refused(item, quantity):
    with pytest.raises(InvalidQuantity):
        place(replace(make_draft(), lines=(make_line(item), make_line(item, quantity))))
    assert_nothing_happened(item)


def test_a_negative_line_cannot_make_an_order_cheaper(item):
    with pytest.raises(InvalidQuantity):
        place(replace(make_draft(), lines=(make_line(item, 2), make_line(item, -1))))
    assert_nothing_happened(item)


def test_a_stock_item_that_does_not_exist_cannot_be_ordered(item):
    with pytest.raises(UnknownSku):
        place(make_draft((item, 1), (replace(item, id=2**40), 1)))
    assert_nothing_happened(item)


def test_a_refusal_names_every_shortfall_and_writes_nothing(item):
    none = make_stock_item(on_hand=0)
    with pytest.raises(OutOfStock) as refusal:
        place(make_draft((item, 4), (none, 1), (item, 2)))
    short = [(s.sku, s.requested, s.available) for s in refusal.value.shortfalls]
    assert short == [(item.sku, 6, 5), (none.sku, 1, 0)]
    assert_nothing_happened(item, none)


def test_the_same_request_again_gives_the_same_order(item):
    draft = make_draft((item, 2))
    first = place(draft, key="k", fingerprint="f")
    second = place(draft, key="k", fingerprint="f", now=NOW + dt.timedelta(days=1))
    assert second.replayed
    assert second.order == first.order
    assert get_stock_level(sku=item.sku).available == 3
    assert Order.objects.count() == 1


def test_the_same_request_gives_its_order_though_that_took_the_last_unit(item):
    draft = make_draft((item, 5))
    first = place(draft, key="k")
    assert place(draft, key="k").order == first.order
    with pytest.raises(OutOfStock):
        place(draft, key="another")
    # Now that it is known to be gone, the look before the transaction refuses.
    assert place(draft, key="k").order == first.order


@pytest.mark.parametrize("quantity", [2, 5], ids=["with stock left", "sold out by it"])
def test_a_key_used_for_another_request_is_refused(item, quantity):
    draft = make_draft((item, quantity))
    place(draft, key="k", fingerprint="one")
    with pytest.raises(IdempotencyKeyReused) as refusal:
        place(draft, key="k", fingerprint="two")
    assert refusal.value.key == "k"
    assert Order.objects.count() == 1
    assert get_stock_level(sku=item.sku).available == 5 - quantity


def test_the_same_key_in_another_scope_is_another_order(item):
    draft = make_draft((item, 1))
    assert place(draft, key="k", scope="ann").order != place(draft, key="k", scope="bob").order


def test_keys_that_differ_in_case_are_different(item):
    draft = make_draft((item, 1))
    assert place(draft, key="k").order != place(draft, key="K").order


def test_a_refused_request_may_be_tried_again_under_its_key(item):
    with pytest.raises(OutOfStock):
        place(make_draft((item, 6)), key="k")
    assert not place(make_draft((item, 5)), key="k").replayed


@pytest.mark.parametrize(("scope", "key"), [("s" * 64, "k" * 255), ("s", "钥匙🗝" * 60)])
def test_a_key_may_be_as_long_as_its_column(item, scope, key):
    draft = make_draft((item, 1))
    first = place(draft, scope=scope, key=key)
    assert place(draft, scope=scope, key=key).order == first.order


@pytest.mark.parametrize(("scope", "key"), [("s", "k" * 256), ("s" * 65, "k")])
def test_a_key_that_is_too_long_is_refused_instead_of_cut(item, scope, key):
    with pytest.raises(InvalidOrder, match="key"):
        place(make_draft((item, 1)), scope=scope, key=key)
    assert_nothing_happened(item)


def test_numbers_are_different_and_can_be_read_out_on_the_phone(item):
    numbers = [place(make_draft((item, 1))).order.number for _ in range(5)]
    assert len(set(numbers)) == 5
    assert all(len(number) == 13 and not set(number) & set("ILOU") for number in numbers)


def test_a_draft_knows_its_total(item):
    draft = OrderDraft("a@example.com", "USD", (make_line(item, 2, 250), make_line(item, 1, 1)), NOW)
    assert draft.total_amount == 501
