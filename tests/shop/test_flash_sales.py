"""Flash sales: units set aside, sold for a while at another price, and back again."""

import datetime as dt
import itertools
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from config.books import check_books
from inventory.errors import OutOfStock
from inventory.models import StockMovement
from inventory.selectors import get_stock_level
from inventory.types import SKU_LENGTH
from orders.services import cancel_order
from orders.types import PlacedOrder
from shop.errors import (
    FlashSaleNotFound,
    InvalidSale,
    ProductUnavailable,
    SaleOver,
    SaleOverlaps,
    SaleStarted,
)
from shop.models import FlashSale, Variant
from shop.order_requests import OrderRequest
from shop.sale_selectors import find_sale_of_sku, get_flash_sale, list_open_sales
from shop.sale_types import FlashSaleView, SaleReport
from shop.services.catalogue import find_locking_strategy
from shop.services.checkout import place_order_for_skus
from shop.services.drafting import draft_order
from shop.services.flash_sales import (
    cancel_flash_sale,
    change_flash_sale,
    end_flash_sale,
    schedule_flash_sale,
    tend_flash_sales,
)
from tests.builders import NOW
from tests.sessions import run_sql
from tests.shop.selling import HOUR, count_left, get_levels, make_plan, make_sale
from tests.shop.shopping import make_variant

pytestmark = pytest.mark.django_db

MINUTE = dt.timedelta(minutes=1)
_numbers = itertools.count(1)


def order(sku: str, quantity: int = 1, *, now: dt.datetime = NOW, **who: Any) -> PlacedOrder:
    """Order units by SKU."""
    number = next(_numbers)
    who.setdefault("email", f"buyer-{number}@example.com")
    return place_order_for_skus(
        OrderRequest(quantities=[(sku, quantity)], **who),
        idempotency_scope="test",
        idempotency_key=f"key-{number}",
        now=now,
    )


def cancel(placed: PlacedOrder, *, now: dt.datetime = NOW) -> None:
    """Cancel an unpaid order."""
    cancel_order(number=placed.order.number, reason="customer", actor="test", now=now)


# --- Scheduling ---------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_sale_takes_its_units_out_of_the_variants_stock_and_the_ledger_shows_both_sides() -> None:
    sale = make_sale(on_hand=30, units=10, now=NOW)
    own, offered = get_levels(sale)
    assert (own.on_hand, own.available, offered.on_hand, offered.available) == (20, 20, 10, 10)
    assert offered.locking_strategy == "combined"
    rows = StockMovement.objects.filter(reference__startswith=f"sale:{sale.id}/allot/")
    assert sorted(rows.values_list("stock_item_id", "available_delta", "on_hand_delta", "reason")) == sorted(
        [(own.id, -10, -10, "set aside: Noon deal"), (offered.id, 10, 10, "set aside: Noon deal")]
    )
    assert len(set(rows.values_list("reference", flat=True))) == 1
    assert check_books() == []


def test_the_offer_has_a_sku_of_its_own_and_each_sale_another() -> None:
    variant = make_variant(sku="MUG", on_hand=30)
    first = make_sale(variant, now=NOW)
    assert first.sku == "MUG.SALE-1"
    later: dict[str, Any] = {"starts_at": NOW + 2 * HOUR, "ends_at": NOW + 3 * HOUR}
    assert make_sale(variant, now=NOW, **later).sku == "MUG.SALE-2"
    make_variant(sku="MUG.SALE-3")
    last: dict[str, Any] = {"starts_at": NOW + 4 * HOUR, "ends_at": NOW + 5 * HOUR}
    assert make_sale(variant, now=NOW, **last).sku == "MUG.SALE-4"


def test_offers_of_two_long_skus_that_differ_at_their_end_differ_too() -> None:
    skus = {make_sale(make_variant(sku="X" * (SKU_LENGTH - 1) + end, on_hand=30)).sku for end in "AB"}
    assert len(skus) == 2
    assert all(len(sku) <= SKU_LENGTH for sku in skus)


@pytest.mark.django_db(transaction=True)
def test_a_variant_with_fewer_units_than_the_sale_wants_keeps_them_all() -> None:
    variant = make_variant(on_hand=9)
    with pytest.raises(OutOfStock) as refused:
        make_sale(variant, units=10)
    assert [(short.requested, short.available) for short in refused.value.shortfalls] == [(10, 9)]
    assert get_stock_level(sku=variant.stock_item.sku).available == 9
    assert not FlashSale.objects.exists()
    assert Variant.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "facts"),
    [
        ("ends_at", {"ends_at": NOW - 2 * HOUR}),
        ("ends_at", {"starts_at": NOW - 2 * HOUR, "ends_at": NOW}),
        ("units", {"units": 0}),
        ("price_amount", {"price_amount": -1}),
        ("limit_per_customer", {"limit_per_customer": -1}),
        ("payment_window_seconds", {"payment_window_seconds": 5}),
        ("name", {"name": "  "}),
    ],
)
def test_a_plan_that_cannot_be_is_refused_by_its_field(field: str, facts: dict[str, Any]) -> None:
    with pytest.raises(InvalidSale) as refused:
        make_sale(now=NOW, **facts)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "columns", [{"units": 0}, {"ends_at": NOW - HOUR, "starts_at": NOW}, {"ends_at": NOW, "starts_at": NOW}]
)
def test_the_database_refuses_a_sale_without_units_or_time(columns: dict[str, Any]) -> None:
    sale = make_sale(now=NOW)
    with pytest.raises(IntegrityError):
        FlashSale.objects.filter(id=sale.id).update(**columns)


def test_two_sales_of_one_variant_may_touch_but_not_overlap() -> None:
    variant = make_variant(on_hand=30)
    make_sale(variant, now=NOW, units=1)
    make_sale(variant, now=NOW, units=1, starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR)
    for starts_at, ends_at in [(NOW, NOW + MINUTE), (NOW - 9 * HOUR, NOW + 9 * HOUR)]:
        with pytest.raises(SaleOverlaps):
            make_sale(variant, now=NOW, units=1, starts_at=starts_at, ends_at=ends_at)
    make_sale(make_variant(variant.product, on_hand=5), now=NOW, units=1)


def test_a_sale_that_was_ended_leaves_room_for_another() -> None:
    variant = make_variant(on_hand=30)
    first = make_sale(variant, now=NOW)
    end_flash_sale(sale_id=first.id, actor="test", now=NOW)
    make_sale(variant, now=NOW)


def test_an_offer_or_nothing_at_all_cannot_be_put_on_sale() -> None:
    sale = make_sale(now=NOW)
    for variant_id in (sale.variant_id, 0):
        with pytest.raises(ProductUnavailable):
            schedule_flash_sale(variant_id=variant_id, plan=make_plan(NOW), actor="test", now=NOW)


def test_the_strategy_of_the_allotment_is_chosen_for_each_sale() -> None:
    sale = make_sale(strategy="pessimistic", now=NOW)
    own, offered = get_levels(sale)
    assert (own.locking_strategy, offered.locking_strategy) == ("conditional", "pessimistic")
    # The product's own is that of what it comes in, offers aside.
    assert find_locking_strategy(product_id=sale.product_id) == "conditional"


# --- Buying -------------------------------------------------------------------------------------------------


def test_an_offer_is_sold_at_its_own_price_from_its_own_units_under_its_own_name() -> None:
    sale = make_sale(now=NOW)
    (line,) = order(sale.sku, 2).order.lines
    assert (line.unit_price, line.sku, line.name) == (900, sale.sku, "Mug (flash sale)")
    assert count_left(sale) == (20, 8)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (NOW - HOUR - MINUTE, False),
        (NOW - HOUR, True),
        (NOW + HOUR - MINUTE, True),
        (NOW + HOUR, False),
        (NOW + 2 * HOUR, False),
    ],
)
def test_an_offer_is_for_sale_from_its_start_to_its_end(moment: dt.datetime, is_open: bool) -> None:
    sale = make_sale(now=NOW - 2 * HOUR, starts_at=NOW - HOUR, ends_at=NOW + HOUR)
    assert get_flash_sale(sale_id=sale.id).is_open(moment) is is_open
    assert [found.id for found in list_open_sales(now=moment)] == ([sale.id] if is_open else [])
    if is_open:
        order(sale.sku, now=moment)
    else:
        with pytest.raises(ProductUnavailable):
            order(sale.sku, now=moment)


def test_an_offer_ended_early_is_not_for_sale_and_its_variant_is() -> None:
    sale = make_sale(now=NOW)
    end_flash_sale(sale_id=sale.id, actor="test", now=NOW)
    with pytest.raises(ProductUnavailable):
        order(sale.sku)
    assert order(sale.sku.removesuffix(".SALE-1"), 30).order.lines[0].unit_price == 1250


def test_an_order_is_due_as_soon_as_the_shortest_payment_window_among_its_lines(settings: Any) -> None:
    settings.PAYMENT_WINDOW_SECONDS = 900
    short = make_sale(now=NOW, payment_window_seconds=300)
    long = make_sale(now=NOW, payment_window_seconds=3600)
    plain = make_variant().stock_item.sku

    def window(*skus: str) -> float:
        placed = place_order_for_skus(
            OrderRequest(email="ada@example.com", quantities=[(sku, 1) for sku in skus]),
            idempotency_scope="test",
            idempotency_key="-".join(skus),
            now=NOW,
        )
        return (placed.order.payment_due_at - NOW).total_seconds()

    assert window(plain) == 900
    assert window(plain, short.sku, long.sku) == 300
    assert window(long.sku) == 3600
    assert window(long.sku, plain) == 900


def test_sales_cost_an_order_no_query(django_assert_num_queries: Any) -> None:
    skus = [make_variant().stock_item.sku for _number in range(3)]
    skus.append(make_sale(now=NOW, limit_per_customer=2).sku)

    def draft() -> None:
        draft_order(
            OrderRequest(
                email="ada@example.com",
                quantities=[(sku, 1) for sku in skus],
                customer_id=None,
                shipping_address=None,
            ),
            now=NOW,
        )

    # The rules that prices are made by are read once in a few seconds.
    draft()
    with django_assert_num_queries(1):
        draft()


# --- Changing -----------------------------------------------------------------------------------------------


def change(sale: FlashSaleView, *, now: dt.datetime = NOW, **changes: Any) -> FlashSaleView:
    """Change a sale."""
    return change_flash_sale(sale_id=sale.id, changes=changes, actor="test", now=now)


def test_an_open_sale_changes_its_price_limit_and_end_while_it_sells() -> None:
    sale = make_sale(now=NOW)
    order(sale.sku, 4)
    changed = change(sale, price_amount=800, limit_per_customer=3, ends_at=NOW + 2 * HOUR, name="Better deal")
    assert (changed.price_amount, changed.limit_per_customer, changed.name) == (800, 3, "Better deal")
    assert order(sale.sku, now=NOW + HOUR).order.total_amount == 800


@pytest.mark.django_db(transaction=True)
def test_an_open_sale_gets_more_units_and_gives_back_what_is_not_promised() -> None:
    sale = make_sale(now=NOW, on_hand=30, units=10)
    order(sale.sku, 4)
    assert change(sale, units=25).units == 25
    assert count_left(sale) == (5, 21)
    assert change(sale, units=4).units == 4
    assert count_left(sale) == (26, 0)
    with pytest.raises(OutOfStock):
        change(sale, units=3)
    with pytest.raises(OutOfStock):
        change(sale, units=31)
    assert (get_flash_sale(sale_id=sale.id).units, count_left(sale)) == (4, (26, 0))
    assert check_books() == []


def test_the_start_moves_only_before_it_has_come() -> None:
    coming = make_sale(now=NOW, starts_at=NOW + MINUTE)
    assert change(coming, starts_at=NOW + 2 * MINUTE).starts_at == NOW + 2 * MINUTE
    with pytest.raises(SaleStarted):
        change(make_sale(now=NOW), starts_at=NOW)


def test_a_sale_cannot_be_moved_over_another_and_not_be_changed_when_it_is_over() -> None:
    variant = make_variant(on_hand=30)
    first = make_sale(variant, now=NOW, units=1)
    make_sale(variant, now=NOW, units=1, starts_at=NOW + 2 * HOUR, ends_at=NOW + 3 * HOUR)
    with pytest.raises(SaleOverlaps):
        change(first, ends_at=NOW + 3 * HOUR)
    with pytest.raises(InvalidSale):
        change(first, ends_at=NOW)
    with pytest.raises(SaleOver):
        change(first, now=NOW + HOUR, ends_at=NOW + 2 * HOUR)
    with pytest.raises(FlashSaleNotFound):
        change_flash_sale(sale_id=0, changes={}, actor="test", now=NOW)


# --- Ending -------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_unsold_units_of_an_ended_sale_return_exactly_once() -> None:
    sale = make_sale(now=NOW, on_hand=30, units=10)
    order(sale.sku, 4)
    ended = end_flash_sale(sale_id=sale.id, actor="anna", now=NOW)
    assert ended.ended_at == NOW
    assert count_left(sale) == (26, 0)
    again = end_flash_sale(sale_id=sale.id, actor="anna", now=NOW + MINUTE)
    assert again.ended_at == NOW
    assert count_left(sale) == (26, 0)
    assert tend_flash_sales(now=NOW + 2 * HOUR) == SaleReport(0, 0, 0)
    returned = StockMovement.objects.filter(reference__startswith=f"sale:{sale.id}/return/")
    assert sorted(returned.values_list("available_delta", "actor")) == [(-6, "anna"), (6, "anna")]
    assert check_books() == []


def test_tending_opens_and_ends_sales_at_their_time() -> None:
    sale = make_sale(now=NOW, starts_at=NOW + MINUTE, ends_at=NOW + HOUR, units=10, on_hand=30)
    assert tend_flash_sales(now=NOW) == SaleReport(0, 0, 0)
    assert tend_flash_sales(now=NOW + MINUTE) == SaleReport(1, 0, 0)
    assert tend_flash_sales(now=NOW + 2 * MINUTE) == SaleReport(0, 0, 0)
    order(sale.sku, 3, now=NOW + 2 * MINUTE)
    assert tend_flash_sales(now=NOW + HOUR) == SaleReport(0, 1, 7)
    row = FlashSale.objects.get()
    assert (row.started_at, row.ended_at) == (NOW + MINUTE, NOW + HOUR)
    assert count_left(sale) == (27, 0)


@pytest.mark.django_db(transaction=True)
def test_units_that_come_back_from_orders_of_an_ended_sale_return_to_the_variant() -> None:
    sale = make_sale(now=NOW, on_hand=30, units=10)
    first, second = order(sale.sku, 3), order(sale.sku, 4)
    end_flash_sale(sale_id=sale.id, actor="anna", now=NOW)
    cancel(first)
    assert count_left(sale) == (23, 3)
    assert tend_flash_sales(now=NOW + MINUTE) == SaleReport(0, 0, 3)
    cancel(second)
    assert tend_flash_sales(now=NOW + 2 * MINUTE) == SaleReport(0, 0, 4)
    assert tend_flash_sales(now=NOW + 3 * MINUTE) == SaleReport(0, 0, 0)
    assert count_left(sale) == (30, 0)
    assert check_books() == []


def test_units_that_come_back_while_the_sale_is_open_stay_in_it() -> None:
    sale = make_sale(now=NOW, units=1)
    cancel(order(sale.sku))
    assert tend_flash_sales(now=NOW).units_returned == 0
    order(sale.sku)


def test_a_sale_that_has_not_begun_is_cancelled_and_one_that_has_is_not() -> None:
    coming = make_sale(now=NOW, starts_at=NOW + MINUTE, units=10, on_hand=30)
    cancel_flash_sale(sale_id=coming.id, actor="anna", now=NOW)
    assert count_left(coming) == (30, 0)
    with pytest.raises(ProductUnavailable):
        order(coming.sku, now=NOW + MINUTE)
    assert tend_flash_sales(now=NOW + MINUTE) == SaleReport(0, 0, 0)
    with pytest.raises(SaleStarted):
        cancel_flash_sale(sale_id=make_sale(now=NOW).id, actor="anna", now=NOW)
    with pytest.raises(FlashSaleNotFound):
        end_flash_sale(sale_id=0, actor="anna", now=NOW)


def test_a_sale_is_found_by_the_sku_of_its_offer() -> None:
    sale = make_sale(now=NOW)
    assert find_sale_of_sku(sku=sale.sku) == sale
    assert find_sale_of_sku(sku="MUG") is None


# --- The books ----------------------------------------------------------------------------------------------


def find() -> list[tuple[str, str, object, object]]:
    """Return what is wrong with the books, but for counters that differ from the ledger."""
    return [
        (found.check, found.subject, found.expected, found.actual)
        for found in check_books()
        if found.check != "counters-differ-from-ledger"
    ]


@pytest.mark.django_db(transaction=True)
def test_the_books_miss_units_that_did_not_return_from_an_ended_sale() -> None:
    sale = make_sale(now=NOW, units=10)
    FlashSale.objects.update(ended_at=NOW)
    assert find() == [("units-of-ended-sale", sale.sku, 0, 10)]
    tend_flash_sales(now=NOW)
    assert check_books() == []


@pytest.mark.django_db(transaction=True)
def test_the_books_give_units_that_have_just_come_back_a_moment_to_return() -> None:
    sale = make_sale(now=NOW, units=10)
    placed = order(sale.sku, 3)
    end_flash_sale(sale_id=sale.id, actor="anna", now=NOW)
    cancel(placed, now=timezone.now())
    assert check_books() == []


@pytest.mark.django_db(transaction=True)
def test_the_books_notice_an_allotment_that_is_not_what_the_sale_says() -> None:
    sale = make_sale(now=NOW, units=10)
    FlashSale.objects.update(units=9)
    assert find() == [("allotment-differs-from-sale", sale.sku, 9, 10)]


@pytest.mark.django_db(transaction=True)
def test_the_books_notice_units_lost_between_two_skus() -> None:
    sale = make_sale(now=NOW, units=10)
    run_sql("DELETE FROM inventory_stockmovement WHERE reference LIKE 'sale:%%' AND available_delta > 0")
    ((check, subject, expected, actual), (other, *_rest)) = find()
    assert (check, expected, actual) == ("transfer-not-balanced", 0, -10)
    assert subject.startswith(f"sale:{sale.id}/allot/")
    assert other == "allotment-differs-from-sale"
