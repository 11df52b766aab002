"""What customers do with their accounts, coupons and wishes, in a real browser."""

from allauth.account.models import EmailAddress
from playwright.sync_api import expect

from orders.models import Order
from shop.restock.models import RestockRequest
from tests.browser.conftest import OpenTab
from tests.browser.shopper import Shopper
from tests.shop.promotions.making import make_coupon
from tests.shop.shopping import make_customer
from tests.shop.test_accounts_signing_in import make_code


def test_with_an_authenticator_app_the_password_alone_is_not_enough(open_tab: OpenTab) -> None:
    customer = make_customer()
    EmailAddress.objects.create(user=customer, email=customer.email, verified=True, primary=True)
    shopper = Shopper(page := open_tab())
    shopper.sign_in()
    shopper.give_password_again()
    page.goto("/accounts/2fa/totp/activate/")
    secret = page.locator("#authenticator_secret").input_value()
    page.locator("[name=code]").fill(make_code(secret))
    page.locator("[name=code]").press("Enter")
    page.wait_for_url(lambda url: "activate" not in url)
    page.goto("/accounts/2fa/recovery-codes/")
    code = page.locator("code").first.inner_text()
    Shopper(other := open_tab()).sign_in()
    other.locator("[name=code]").fill(code)
    other.locator("[name=code]").press("Enter")
    other.wait_for_url(lambda url: "authenticate" not in url)
    other.goto("/account/orders/")
    expect(other.get_by_role("heading", name="Your orders")).to_be_visible()


def test_a_coupon_changes_the_total_where_it_is_typed_and_is_what_is_paid(open_tab: OpenTab) -> None:
    make_coupon("SAVE10")
    shopper = Shopper(page := open_tab())
    shopper.add_to_cart("Mug")
    page.goto("/cart/")
    page.get_by_label("Coupon").fill("save10")
    shopper.find_button("Use coupon").click()
    expect(page.get_by_text("$11.25").first).to_be_visible()
    shopper.go_to_checkout()
    shopper.fill_in()
    shopper.place_order()
    assert Order.objects.get().total_amount == 1125


def test_who_wants_to_be_told_says_so_on_the_page_of_what_is_sold_out(open_tab: OpenTab) -> None:
    page = open_tab()
    page.goto("/")
    page.get_by_role("main").get_by_role("link", name="Strainer").first.click()
    page.get_by_label("Email").fill("ada@example.com")
    page.get_by_role("button", name="Tell me").click()
    expect(page.get_by_role("status").filter(has_text="ada@example.com")).to_be_visible()
    assert RestockRequest.objects.get().email == "ada@example.com"
