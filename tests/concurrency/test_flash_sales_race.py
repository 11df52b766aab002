"""Flash sales while everybody wants something at once: no unit lost, none sold twice, no limit passed."""

import datetime as dt
import itertools
import uuid
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from config.books import check_books
from inventory.errors import OutOfStock, StockBusy
from inventory.selectors import get_stock_level
from inventory.services import transfer
from orders.errors import AllowanceExceeded
from orders.models import Order, OrderLine
from orders.services import cancel_order
from shop.errors import ProductUnavailable, SaleOverlaps
from shop.models import FlashSale, Variant
from shop.order_requests import OrderRequest
from shop.sale_types import FlashSaleView
from shop.services.checkout import place_order_for_skus
from shop.services.flash_sales import change_flash_sale, end_flash_sale, tend_flash_sales
from tests.builders import buy as buy_item
from tests.builders import make_stock_item
from tests.concurrency.proxy import CommitCuttingProxy
from tests.concurrency.race import race
from tests.shop.api.calls import make_customer, post_order
from tests.shop.selling import HOUR, count_left, get_levels, make_sale
from tests.shop.shopping import add, make_variant, open_checkout
from tests.staff import log_in

NOW = timezone.now()


def buy(sku: str, quantity: int = 1) -> Any:
    """Order units as somebody new."""
    return place_order_for_skus(
        OrderRequest(email=f"{uuid.uuid4().hex}@example.com", quantities=[(sku, quantity)]),
        idempotency_scope="test",
        idempotency_key=uuid.uuid4().hex,
        now=timezone.now(),
    )


def count_sold(*skus: str) -> int:
    """Return how many units orders hold that are not cancelled."""
    lines = OrderLine.objects.filter(sku__in=skus).exclude(order__status="cancelled")
    return sum(lines.values_list("quantity", flat=True))


def count_everywhere(sale: FlashSaleView) -> int:
    """Return the units of a variant and its offer, sold or not."""
    own, offered = get_levels(sale)
    return own.on_hand + offered.on_hand


def test_units_set_aside_while_the_variant_sells_are_neither_lost_nor_sold_twice() -> None:
    variant = make_variant(on_hand=40)
    sku = variant.stock_item.sku
    outcome = race([*[lambda: buy(sku) for _ in range(14)], *[lambda: make_sale(variant, units=30)] * 2])
    outcome.count_errors(OutOfStock, SaleOverlaps, StockBusy)
    # Whoever came last goes without: the second sale always, and either some buyers or the first sale too.
    set_aside = [get_stock_level(sku=sale.offer.stock_item.sku).available for sale in FlashSale.objects.all()]
    assert set_aside in ([], [30])
    assert get_stock_level(sku=sku).available + count_sold(sku) + sum(set_aside) == 40
    assert check_books() == []


def test_of_sales_that_are_planned_for_one_variant_at_once_one_takes_place() -> None:
    variant = make_variant(on_hand=40)
    race([lambda: make_sale(variant, units=1)] * 8).count_errors(SaleOverlaps)
    assert FlashSale.objects.count() == 1
    assert get_stock_level(sku=variant.stock_item.sku).available == 39
    assert check_books() == []


def test_a_sale_that_ends_while_it_sells_loses_no_unit_and_sells_none_twice() -> None:
    sale = make_sale(on_hand=40, units=30)
    ends = [lambda: end_flash_sale(sale_id=sale.id, actor="test", now=timezone.now())] * 2
    tends = [lambda: tend_flash_sales(now=timezone.now() + 2 * HOUR)] * 2
    outcome = race([*[lambda: buy(sale.sku) for _ in range(16)], *ends, *tends])
    outcome.count_errors(OutOfStock, ProductUnavailable, StockBusy)
    tend_flash_sales(now=timezone.now())
    sold = count_sold(sale.sku)
    assert count_left(sale) == (40 - sold, 0)
    assert get_levels(sale)[1].on_hand == sold
    assert check_books() == []


def test_units_ordered_while_those_to_return_are_counted_are_counted_again(
    proxied: CommitCuttingProxy,
) -> None:
    sale = make_sale(on_hand=40, units=30)
    offered = get_levels(sale)[1]

    def order_two() -> None:
        # As an order does that was on its way when the sale ended.
        assert race([lambda: buy_item((offered, 2))]).errors == []

    proxied.interrupt("inventory_stockmovement", order_two)
    end_flash_sale(sale_id=sale.id, actor="test", now=timezone.now())
    assert count_left(sale) == (38, 0)
    assert check_books() == []


def test_a_sale_that_is_prolonged_at_the_last_moment_keeps_its_units(proxied: CommitCuttingProxy) -> None:
    sale = make_sale(on_hand=40, units=30)
    later = sale.ends_at + HOUR

    def prolong() -> None:
        change = {"ends_at": later}
        move = partial(change_flash_sale, sale_id=sale.id, changes=change, actor="test", now=timezone.now())
        assert race([move]).errors == []

    # The round has seen that the sale is past its end, and is about to write that down.
    proxied.interrupt("SET `ended_at`", prolong)
    assert tend_flash_sales(now=sale.ends_at).units_returned == 0
    assert FlashSale.objects.get().ended_at is None
    assert count_left(sale) == (10, 30)


def test_units_move_into_and_out_of_a_sale_while_both_sell_and_are_cancelled() -> None:
    sale = make_sale(on_hand=60, units=30)
    own_sku = get_levels(sale)[0].sku

    def buy_and_cancel(sku: str) -> None:
        for _turn in range(3):
            placed = buy(sku, 2)
            cancel_order(number=placed.order.number, reason="customer", actor="test", now=timezone.now())

    def resize() -> None:
        for units in (35, 25, 30):
            change_flash_sale(sale_id=sale.id, changes={"units": units}, actor="test", now=timezone.now())

    shoppers = [partial(buy_and_cancel, sku) for sku in [own_sku, sale.sku] * 5]
    outcome = race([*shoppers, *[resize] * 3])
    outcome.count_errors(OutOfStock, StockBusy)
    assert count_everywhere(sale) == 60
    assert get_stock_level(sku=sale.sku).available == FlashSale.objects.get().units
    assert check_books() == []


def test_two_that_tend_at_once_return_units_once() -> None:
    sale = make_sale(on_hand=40, units=30)
    later = timezone.now() + 2 * HOUR
    reports = race([lambda: tend_flash_sales(now=later)] * 8).results
    assert sum(report.units_returned for report in reports) == 30
    assert count_left(sale) == (40, 0)
    assert check_books() == []


def test_transfers_in_both_directions_do_not_deadlock_or_lose_a_unit() -> None:
    items = [make_stock_item(on_hand=50) for _ in range(2)]

    def move(source: str, target: str) -> None:
        for _turn in range(5):
            transfer(
                from_sku=source,
                to_sku=target,
                quantity=3,
                reference=f"test:{uuid.uuid4().hex}",
                actor="test",
                reason="",
                now=NOW,
            )

    skus = [item.sku for item in items]
    outcome = race([partial(move, *pair) for pair in [skus, skus[::-1]] * 6])
    assert outcome.errors == []
    assert sum(get_stock_level(sku=sku).on_hand for sku in skus) == 100
    assert check_books() == []


# --- The limit for each customer ----------------------------------------------------------------------------


class Buyer:
    """One account in two browsers and with a token, all wanting the same offer."""

    def __init__(self, sale: FlashSaleView) -> None:
        self.sale = sale
        self.user, self.headers = make_customer()
        self.turns = itertools.cycle([self.order_by_api, self.order_in_browser])

    def order_by_api(self) -> int:
        answer = post_order(Client(), (self.sale.sku, 1), headers=self.headers)
        return int(answer.status_code)

    def order_in_browser(self) -> int:
        """Send a checkout page that was open already."""
        browser, form = self.pages.pop()
        return int(browser.post("/checkout/", form).status_code)

    def open_pages(self, count: int) -> None:
        """Fill the account's cart and open its checkout in both browsers, in as many tabs as needed."""
        browsers = [log_in(self.user), log_in(self.user)]
        add(browsers[0], Variant.objects.get(pk=self.sale.variant_id))
        forms = [open_checkout(browser) for browser in browsers]
        self.pages = [(browsers[n % 2], forms[n % 2]) for n in range(count)]


@pytest.mark.parametrize("strategy", ["combined", "conditional", "pooled"])
def test_fifty_tries_of_one_account_in_two_browsers_and_by_api_get_two_units(strategy: str) -> None:
    sale = make_sale(on_hand=200, units=100, limit_per_customer=2, strategy=strategy)
    buyer = Buyer(sale)
    buyer.open_pages(20)
    tries = [*[buyer.order_by_api] * 30, *[buyer.order_in_browser] * 20]
    outcome = race(tries)
    assert outcome.errors == []
    # Refused for the limit, or told that the shop is busy; a browser's replay leads to its one order.
    assert set(outcome.results) <= {201, 302, 409, 503}
    while count_sold(sale.sku) < 2:
        # Who was told "busy" comes back.
        assert buyer.order_by_api() == 201
    assert count_sold(sale.sku) == 2
    assert buyer.order_by_api() == 409
    assert check_books() == []


def test_a_cancelled_order_gives_the_right_to_buy_back_and_no_more_than_that() -> None:
    sale = make_sale(on_hand=200, units=100, limit_per_customer=2)
    buyer = Buyer(sale)
    race([buyer.order_by_api] * 8)
    while count_sold(sale.sku) < 2:
        buyer.order_by_api()
    first = Order.objects.earliest("id")
    race([lambda: cancel_order(number=first.number, reason="customer", actor="test", now=NOW)] * 4)
    assert count_sold(sale.sku) == 1
    race([buyer.order_by_api] * 8)
    while count_sold(sale.sku) < 2:
        buyer.order_by_api()
    assert count_sold(sale.sku) == 2
    assert check_books() == []


def test_a_guest_has_one_limit_however_the_address_is_written() -> None:
    sale = make_sale(on_hand=200, units=100, limit_per_customer=2)
    spellings = ["ada@example.com", "ADA@example.com", " ada@Example.com "]

    def order(email: str) -> Any:
        return place_order_for_skus(
            OrderRequest(email=email, quantities=[(sale.sku, 1)]),
            idempotency_scope="test",
            idempotency_key=uuid.uuid4().hex,
            now=timezone.now(),
        )

    outcome = race([partial(order, email) for email in spellings * 5])
    outcome.count_errors(AllowanceExceeded, StockBusy)
    assert count_sold(sale.sku) <= 2
    assert len(outcome.results) == count_sold(sale.sku)
    assert check_books() == []


def test_an_ended_sale_is_not_open_again_when_its_end_is_moved_at_the_same_moment() -> None:
    sale = make_sale(on_hand=40, units=30)
    later = timezone.now() + dt.timedelta(hours=5)
    race(
        [
            lambda: end_flash_sale(sale_id=sale.id, actor="test", now=timezone.now()),
            lambda: change_flash_sale(
                sale_id=sale.id, changes={"ends_at": later, "units": 35}, actor="test", now=timezone.now()
            ),
        ]
    )
    tend_flash_sales(now=timezone.now())
    assert count_left(sale) == (40, 0)
    with pytest.raises(ProductUnavailable):
        buy(sale.sku)
    assert check_books() == []
