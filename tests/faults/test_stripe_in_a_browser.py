"""A customer in a real browser pays on the provider's page and comes back to a paid order."""

import shutil
from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Page, sync_playwright

from orders.selectors import order_token
from tests.faults.stripe_sale import place

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture
def page(monkeypatch) -> Iterator[Page]:
    """A tab of Chromium."""
    # Playwright's own loop runs in this thread, and Django takes that for asynchronous code.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield browser.new_page()
        browser.close()


def allow_forms_to(settings, *origins):
    """Have the policy of the shop's pages let forms lead there, as it does for Stripe's own origin."""
    directives = {**settings.CONTENT_SECURITY_POLICY["DIRECTIVES"], "form-action": ["'self'", *origins]}
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": directives}


def open_pay_page(page, live_server, sale):
    number = sale.order.number
    path = reverse("shop:pay", kwargs={"number": number, "token": order_token(number=number)})
    page.goto(live_server.url + path)


def test_a_customer_pays_on_the_providers_page_and_comes_back(peer, page, live_server, settings):
    allow_forms_to(settings, peer.url)
    sale = place()
    open_pay_page(page, live_server, sale)
    page.get_by_role("button", name="Pay $20.00").click()
    page.get_by_text("Thank you. Your order is paid.").wait_for()
    assert page.url.startswith(f"{live_server.url}/orders/{sale.order.number}/")
    assert (sale.status, sale.payment.received_amount) == ("paid", 2000)


def test_a_policy_without_the_providers_origin_keeps_the_customer_in_the_shop(
    peer, page, live_server, settings
):
    allow_forms_to(settings)
    sale = place()
    open_pay_page(page, live_server, sale)
    with page.expect_console_message(lambda message: "form-action" in message.text):
        page.get_by_role("button", name="Pay $20.00").click()
    assert sale.status == "pending"
