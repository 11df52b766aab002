"""What a shopper sees of what happens in the shop while a page is open."""

import datetime as dt

from django.utils import timezone
from playwright.sync_api import expect

from inventory.models import StockItem
from inventory.services import adjust
from orders.models import Order
from orders.services import sweep_expired_orders
from tests.browser.conftest import OpenTab
from tests.browser.shopper import Shopper
from tests.sessions import row_held


def test_an_order_that_expires_says_so_on_the_page_that_is_open(open_tab: OpenTab) -> None:
    shopper = Shopper(page := open_tab())
    shopper.order()
    shopper.leave()
    shopper.expect_heading("Not paid yet")
    Order.objects.update(payment_due_at=timezone.now() - dt.timedelta(seconds=1))
    shopper.expect_heading("The time to pay is over")
    sweep_expired_orders(now=timezone.now())
    shopper.expect_heading("This order is cancelled")
    expect(page.get_by_text("You were not charged")).to_be_visible()


def test_an_order_paid_in_another_window_says_so_on_the_page_that_is_open(open_tab: OpenTab) -> None:
    shopper = Shopper(page := open_tab())
    shopper.order()
    other = Shopper(page.context.new_page())
    other.page.goto(page.url)
    shopper.leave()
    other.pay()
    shopper.expect_heading("Thank you. Your order is paid.")


def test_what_sold_out_during_the_checkout_is_named_and_one_click_adjusts_the_cart(open_tab: OpenTab) -> None:
    shopper = Shopper(page := open_tab())
    shopper.add_to_cart("Teapot")
    page.goto("/cart/")
    page.get_by_label("Quantity of Teapot").fill("2")
    page.keyboard.press("Tab")
    expect(page.get_by_text("$96.00").first).to_be_visible()
    shopper.go_to_checkout()
    shopper.fill_in()
    adjust(sku="TEAPOT", delta=-1, actor="test", reason="broken", now=timezone.now())
    shopper.find_button("Place order").click()
    expect(page.get_by_role("alert").get_by_text("Teapot")).to_be_visible()
    expect(page.get_by_role("alert").get_by_text("1 left")).to_be_visible()
    assert not Order.objects.exists()
    shopper.find_button("Take what is left").click()
    expect(page.get_by_label("Email")).to_have_value("ada@example.com")
    shopper.place_order()
    assert Order.objects.get().total_amount == 4800


def test_a_busy_shop_is_asked_again_by_the_page_itself(open_tab: OpenTab) -> None:
    shopper = Shopper(page := open_tab())
    shopper.add_to_cart("Mug")
    shopper.go_to_checkout()
    shopper.fill_in()
    with row_held("inventory_stockitem", StockItem.objects.get(sku="MUG").pk):
        shopper.find_button("Place order").click()
        expect(page.get_by_text("This page tries again by itself.")).to_be_visible()
        expect(page.get_by_label("Email")).to_have_value("ada@example.com")
    page.wait_for_url("**/sandbox/pay/**")
    assert Order.objects.count() == 1


def test_the_cart_is_kept_and_says_so_when_something_in_it_sold_out(open_tab: OpenTab) -> None:
    shopper = Shopper(page := open_tab())
    shopper.add_to_cart("Teapot")
    adjust(sku="TEAPOT", delta=-2, actor="test", reason="broken", now=timezone.now())
    page.goto("/cart/")
    expect(page.get_by_text("Sold out meanwhile")).to_be_visible()


def test_a_declined_payment_can_be_tried_again(open_tab: OpenTab) -> None:
    shopper = Shopper(page := open_tab())
    shopper.order()
    page.get_by_role("button", name="Decline the payment").click()
    shopper.expect_heading("The payment did not go through")
    page.get_by_role("button", name="Pay $12.50").click()
    page.get_by_role("button", name="Pay $12.50").click()
    page.wait_for_url("**/sandbox/pay/**")
    shopper.pay()
    shopper.expect_heading("Thank you. Your order is paid.")
