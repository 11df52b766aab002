"""Customers who buy: with what their address book knows, and with keys alone."""

from playwright.sync_api import expect

from orders.models import Order
from tests.browser.conftest import OpenTab
from tests.browser.shopper import Shopper, make_email

PASSWORD = "correct horse battery"


def test_keys_alone_are_enough_for_an_account_with_an_address_that_fills_in_the_checkout(
    open_tab: OpenTab,
) -> None:
    shopper = Shopper(page := open_tab())

    def type_in(**fields: str) -> None:
        for name, text in fields.items():
            shopper.tab_to(name)
            page.keyboard.type(text)

    page.goto("/accounts/signup/")
    type_in(email=make_email(), password1=PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/confirm-email/")
    shopper.open_mailed_link()
    page.goto("/account/addresses/add/")
    type_in(name="Ada Byron", line1="1 Way", postal_code="LS1 4AP", city="Leeds", country="United K")
    shopper.tab_to("Keep address")
    page.keyboard.press("Enter")
    page.wait_for_url("**/account/addresses/")
    shopper.add_to_cart("Mug")
    page.goto("/checkout/")
    expect(page.get_by_label("Full name")).to_have_value("Ada Byron")
    expect(page.get_by_label("Postal code")).to_have_value("LS1 4AP")
    shopper.tab_to("place")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sandbox/pay/**")
    shopper.tab_to("Pay")
    page.keyboard.press("Enter")
    shopper.expect_heading("Thank you. Your order is paid.")
    assert Order.objects.get().customer_id is not None


def test_going_back_after_paying_does_not_pay_or_order_again(open_tab: OpenTab) -> None:
    shopper = Shopper(page := open_tab())
    shopper.order()
    shopper.pay()
    page.go_back()
    page.goto("/checkout/")
    expect(page.get_by_role("button", name="Place order")).to_have_count(0)
    order = Order.objects.get()
    assert (order.status, order.total_amount) == ("paid", 1250)
