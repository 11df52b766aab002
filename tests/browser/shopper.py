"""What a shopper does, step by step, by the names that things have on the pages, in either language."""

import re
import uuid
from dataclasses import dataclass

from django.core import mail
from django.utils import translation
from playwright.sync_api import Locator, Page, expect

from tests.shop.mail.posting import find_link

ADDRESS = {
    "Email": "ada@example.com",
    "Full name": "Ada Byron",
    "Street and number": "12 St James's Square",
    "Postal code": "SW1Y 4JH",
    "City": "London",
}

_NAMES_IN_FOCUS = """() => {
  const it = document.activeElement;
  return [it?.labels?.[0]?.innerText, it?.getAttribute("aria-label"), it?.getAttribute("name"), it?.innerText]
    .map(text => (text ?? "").trim());
}"""


def make_email() -> str:
    """Return an address that nobody gave before: how often one is written to is counted in a shared Redis."""
    return f"{uuid.uuid4().hex}@example.com"


@dataclass
class Shopper:
    """Somebody at a page, who reads `language`."""

    page: Page
    language: str = "en"

    def read(self, text: str) -> str:
        """Return a text of the shop as this shopper reads it."""
        with translation.override(self.language):
            return translation.gettext(text)

    def find_button(self, name: str) -> Locator:
        """Return the button of this English name."""
        return self.page.get_by_role("button", name=self.read(name))

    def add_to_cart(self, product: str) -> None:
        """Go from the home page to a product and put one into the cart."""
        self.page.goto("/")
        self.page.get_by_role("main").get_by_role("link", name=product).first.click()
        self.find_button("Add to cart").click()
        # The number at the cart, on the same page or, without scripts, on the next.
        expect(self.page.get_by_role("link", name=self.read("in the cart"))).to_be_visible()

    def go_to_checkout(self) -> None:
        """Go from anywhere to the checkout."""
        self.page.get_by_role("link", name=self.read("in the cart")).click()
        self.find_button("Check out").click()
        self.page.wait_for_url("**/checkout/")

    def fill_in(self) -> None:
        """Fill the checkout in."""
        for label, text in ADDRESS.items():
            self.page.get_by_label(self.read(label), exact=True).fill(text)
        self.page.get_by_label(self.read("Country"), exact=True).select_option("GB")

    def place_order(self) -> None:
        """Send the checkout and arrive at the sandbox bank."""
        self.find_button("Place order").click()
        self.page.wait_for_url("**/sandbox/pay/**")

    def order(self, product: str = "Mug") -> None:
        """Go from the home page to the sandbox bank."""
        self.add_to_cart(product)
        self.go_to_checkout()
        self.fill_in()
        self.place_order()

    def tab_to(self, name: str) -> None:
        """Press Tab until what has this name, for a reader or in its form, has the focus."""
        for _ in range(60):
            self.page.keyboard.press("Tab")
            if any(text.startswith(name) for text in self.page.evaluate(_NAMES_IN_FOCUS)):
                return
        raise AssertionError(f"no way by keys to {name!r}")

    def open_mailed_link(self) -> None:
        """Open the link of the mail that came last, and say yes to what it asks."""
        self.page.goto(find_link(mail.outbox[-1]))
        self.tab_to(self.read("Confirm the address"))
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: "confirm-email" not in url)

    def sign_in(self) -> None:
        """Give email and password on the page for it."""
        self.page.goto("/accounts/login/")
        self.page.locator("[name=login]").fill(ADDRESS["Email"])
        self.page.locator("[name=password]").fill("correct horse")
        self.page.locator("[name=password]").press("Enter")
        self.page.wait_for_url(lambda url: "login" not in url)

    def give_password_again(self) -> None:
        """Show that whoever is signed in is still the same, as what matters asks for."""
        self.page.goto("/accounts/reauthenticate/?next=/accounts/2fa/")
        self.page.locator("[name=password]").fill("correct horse")
        self.page.locator("[name=password]").press("Enter")
        self.page.wait_for_url("**/accounts/2fa/")

    def pay(self) -> None:
        """Pay at the bank and come back to the order."""
        pay = re.compile(self.read("Pay %(amount)s").replace("%(amount)s", ".+"))
        self.page.get_by_role("button", name=pay).click()
        self.page.wait_for_url("**/orders/**")

    def leave(self) -> None:
        """Come back from the bank without having paid."""
        self.find_button("Go back without paying").click()
        self.page.wait_for_url("**/orders/**")

    def expect_heading(self, text: str) -> None:
        """Wait for a heading, on the page as it is: nothing is loaded anew for it."""
        expect(self.page.get_by_role("heading", name=self.read(text))).to_be_visible()
