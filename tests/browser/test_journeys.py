"""From the home page to a paid order, in every way people do it."""

import pytest
from playwright.sync_api import Page, expect

from inventory.selectors import get_stock_level
from orders.models import Order
from tests.browser.conftest import PHONE, OpenTab
from tests.browser.shopper import Shopper, make_email
from tests.shop.promotions.making import make_coupon


def slow_down(page: Page) -> None:
    """Have a page's network be that of a train."""
    page.context.new_cdp_session(page).send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 300, "downloadThroughput": 50_000, "uploadThroughput": 20_000},
    )


@pytest.mark.parametrize(
    ("language", "options"),
    [
        ("en", {}),
        ("zh-hans", {"viewport": PHONE, "color_scheme": "dark", "has_touch": True}),
        ("en", {"java_script_enabled": False}),
    ],
    ids=["desktop", "phone, in Chinese, in the dark", "without scripts"],
)
def test_a_guest_goes_from_the_home_page_to_a_paid_order(open_tab: OpenTab, language, options) -> None:
    shopper = Shopper(open_tab(language=language, **options), language)
    shopper.order("Mug")
    shopper.pay()
    shopper.expect_heading("Thank you. Your order is paid.")
    order = Order.objects.get()
    assert (order.status, order.total_amount, order.language) == ("paid", 1250, language)
    assert get_stock_level(sku="MUG").available == 19


def test_a_customer_signs_up_buys_and_finds_the_order_in_their_history(open_tab: OpenTab) -> None:
    shopper = Shopper(page := open_tab())
    shopper.add_to_cart("Mug")
    page.goto("/accounts/signup/?next=/checkout/")
    page.get_by_label("Email").fill(make_email())
    for field in page.locator("input[type=password]").all():
        field.fill("correct horse battery")
    page.get_by_role("main").get_by_role("button").last.click()
    page.wait_for_url("**/confirm-email/")
    shopper.open_mailed_link()
    page.wait_for_url("**/checkout/")
    shopper.fill_in()
    shopper.place_order()
    page.goto("/account/orders/")
    expect(page.get_by_text(Order.objects.get().number)).to_be_visible()


def test_a_double_click_places_one_order(open_tab: OpenTab) -> None:
    shopper = Shopper(open_tab())
    shopper.add_to_cart("Mug")
    shopper.go_to_checkout()
    shopper.fill_in()
    shopper.find_button("Place order").dblclick()
    shopper.page.wait_for_url("**/sandbox/pay/**")
    assert Order.objects.count() == 1


def test_going_back_from_the_bank_does_not_order_again(open_tab: OpenTab) -> None:
    shopper = Shopper(page := open_tab())
    shopper.order()
    page.go_back()
    # The page as it was left, or as it is now: with the same key, or with nothing to order.
    page.get_by_role("heading", level=1).wait_for()
    if shopper.find_button("Place order").is_visible():
        shopper.place_order()
    assert Order.objects.count() == 1


def test_two_tabs_place_one_order(open_tab: OpenTab) -> None:
    first = Shopper(open_tab())
    first.add_to_cart("Mug")
    first.go_to_checkout()
    second = Shopper(first.page.context.new_page())
    second.page.goto("/checkout/")
    for shopper in (first, second):
        shopper.fill_in()
    for shopper in (first, second):
        shopper.place_order()
    assert first.page.url == second.page.url
    assert Order.objects.count() == 1


def test_a_slow_network_neither_loses_nor_doubles_an_order(open_tab: OpenTab) -> None:
    shopper = Shopper(page := open_tab())
    slow_down(page)
    shopper.add_to_cart("Mug")
    shopper.go_to_checkout()
    shopper.fill_in()
    shopper.find_button("Place order").evaluate("button => { button.click(); button.click(); }")
    page.wait_for_url("**/sandbox/pay/**")
    assert Order.objects.count() == 1


def test_what_is_typed_while_prices_are_asked_for_is_kept(open_tab: OpenTab) -> None:
    make_coupon("SAVE10")
    shopper = Shopper(page := open_tab())
    shopper.add_to_cart("Mug")
    shopper.go_to_checkout()
    slow_down(page)
    shopper.fill_in()
    page.get_by_label("Coupon").press_sequentially("SAVE10", delay=80)
    page.get_by_label("Coupon").press("Tab")
    expect(page.get_by_text("$11.25").first).to_be_visible()
    expect(page.get_by_label("Coupon")).to_have_value("SAVE10")
    shopper.place_order()
    assert Order.objects.get().total_amount == 1125


def test_keys_alone_are_enough_to_buy(open_tab: OpenTab) -> None:
    shopper = Shopper(page := open_tab())
    page.goto("/")

    def go(text: str, url: str) -> None:
        shopper.tab_to(text)
        page.keyboard.press("Enter")
        page.wait_for_url(url, wait_until="domcontentloaded")

    go("Mug", "**/products/mug-*/")
    shopper.tab_to("Add to cart")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="in the cart")).to_be_visible()
    go("Go to the cart", "**/cart/")
    go("Check out", "**/checkout/")
    for label, text in [
        ("Email", "ada@example.com"),
        ("Full name", "Ada"),
        ("Street", "1 Way"),
        ("Postal", "LS1 4AP"),
        ("City", "Leeds"),
    ]:
        shopper.tab_to(label)
        page.keyboard.type(text)
    shopper.tab_to("Country")
    page.keyboard.type("United K")
    go("Place order", "**/sandbox/pay/**")
    go("Pay", "**/orders/**")
    shopper.expect_heading("Thank you. Your order is paid.")
