"""Every page of a shopper, for everybody: axe finds nothing serious, and nothing moves while it loads."""

import uuid

import pytest
from allauth.account.models import EmailAddress
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from orders.models import Order
from orders.selectors import order_token
from orders.services import cancel_order, fulfil_order
from orders.types import LineRefund, OrderView
from payments.services import refund_order
from shop.models import Product
from shop.order_requests import OrderRequest
from shop.services.checkout import place_order_for_skus
from tests.browser.conftest import DESKTOP, PHONE, OpenTab
from tests.browser.shopper import Shopper
from tests.builders import make_payment_callback
from tests.shop.shopping import make_customer

# What has moved since the page was opened, without the shopper having done anything.
_SHIFT = """() => new Promise(resolve => {
  let shift = 0;
  const moved = [];
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) {
      shift += entry.value;
      for (const source of entry.sources) moved.push(source.node?.outerHTML?.slice(0, 120) ?? "text");
    }
  }).observe({type: "layout-shift", buffered: true});
  requestAnimationFrame(() => requestAnimationFrame(() => resolve([shift, moved])));
})"""


ACCOUNT_PAGES = [
    *(f"/account/{name}/" for name in ("orders", "addresses", "addresses/add", "points", "data", "delete")),
    *(
        f"/accounts/{name}/"
        for name in ("email", "confirm-email", "password/change", "2fa", "2fa/totp/activate", "logout")
    ),
]


def list_pages(shopper: Shopper) -> list[str]:
    """Return the address of every kind of page, with something on each."""
    shopper.order()
    order = Order.objects.get()
    own = f"/orders/{order.number}/{order_token(number=order.number)}/"
    shopper.add_to_cart("Shirt")
    slugs = dict(Product.objects.values_list("name", "slug"))
    return [
        "/",
        "/products/",
        "/products/?q=mug",
        "/products/?q=nothing-like-it",
        "/categories/kitchen/",
        *(f"/products/{slugs[name]}/" for name in ("Mug", "Shirt", "Strainer")),
        "/cart/",
        "/checkout/",
        own,
        f"{own}pay/",
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/password/reset/",
        "/nothing-here/",
    ]


def find_faults(page: Page) -> list[str]:
    """Return what axe calls serious or critical on a page."""
    found = Axe().run(page).response["violations"]
    return [
        f"{fault['id']}: {node['html'][:120]}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


def find_faults_in_every_guise(page: Page) -> set[str]:
    """Return what axe finds on a page, wide and narrow, light and dark; leave the page as it was."""
    size, faults = page.viewport_size, set[str]()
    is_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    for guise in (DESKTOP, PHONE):
        page.set_viewport_size(guise)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            faults |= {f"{guise['width']} px, {scheme}: {fault}" for fault in find_faults(page)}
    page.emulate_media(color_scheme="dark" if is_dark else "light")
    if size:
        page.set_viewport_size(size)
    return faults


def look_through(page: Page, paths: list[str]) -> None:
    """Open pages one after the other, and find nothing wrong with any."""
    faults, shifts = {}, {}
    for path in paths:
        page.goto(path, wait_until="load")
        shift, moved = page.evaluate(_SHIFT)
        # As it is reported: with two digits.
        if round(shift, 2):
            shifts[path] = moved
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is too wide"
        if found := find_faults_in_every_guise(page):
            faults[path] = found
    assert faults == {}
    assert shifts == {}


in_both_ways = pytest.mark.parametrize(
    ("language", "options"),
    [("en", {}), ("zh-hans", {"viewport": PHONE, "color_scheme": "dark"})],
    ids=["desktop", "phone, in Chinese, in the dark"],
)


@in_both_ways
def test_no_page_has_a_serious_fault_for_anybody_and_nothing_moves(
    open_tab: OpenTab, language, options
) -> None:
    shopper = Shopper(page := open_tab(language=language, **options), language)
    look_through(page, list_pages(shopper))


@in_both_ways
def test_nor_has_an_order_whatever_becomes_of_it(open_tab: OpenTab, language, options) -> None:
    page = open_tab(language=language, **options)
    look_through(page, [path for order in make_orders() for path in list_order_pages(order)])


@in_both_ways
def test_nor_has_a_page_about_somebodys_account(open_tab: OpenTab, language, options) -> None:
    shopper = Shopper(page := open_tab(language=language, **options), language)
    customer = make_customer()
    EmailAddress.objects.create(user=customer, email=customer.email, verified=True, primary=True)
    order = order_mug(customer_id=customer.pk)
    shopper.sign_in()
    shopper.give_password_again()
    look_through(page, [f"/account/orders/{order.number}/", *ACCOUNT_PAGES])


def order_mug(*, customer_id: int | None = None) -> OrderView:
    """Order two of what is on the shelf."""
    request = OrderRequest(
        email="ada@example.com",
        quantities=[("MUG", 2)],
        customer_id=customer_id,
        shipping_address={"name": "Ada Byron", "line1": "12 St James's Square", "country": "GB"},
    )
    return place_order_for_skus(
        request, idempotency_scope="browser", idempotency_key=uuid.uuid4().hex, now=timezone.now()
    ).order


def make_orders() -> list[OrderView]:
    """Return orders of which something different became each."""
    now = timezone.now()
    cancelled, expired, paid, refunded, shipped = (order_mug() for _order in range(5))
    cancel_order(number=cancelled.number, reason="customer", actor="test", now=now)
    cancel_order(number=expired.number, reason="expired", actor="test", now=now)
    for order in (paid, refunded, shipped):
        assert make_payment_callback(order, now=now).deliver(now=now).outcome == "applied"
    part = (LineRefund(position=0, quantity=1),)
    refund_order(number=refunded.number, lines=part, reason="broken", actor="test", now=now)
    fulfil_order(number=shipped.number, actor="test", now=now)
    return [cancelled, expired, paid, refunded, shipped]


def list_order_pages(order: OrderView) -> list[str]:
    """Return the pages of an order for whoever has its link."""
    own = f"/orders/{order.number}/{order_token(number=order.number)}/"
    return [own, f"{own}invoice/"]


def test_a_list_is_narrowed_and_its_pages_keep_what_was_asked(open_tab: OpenTab) -> None:
    page = open_tab()
    page.goto("/products/?q=mug")
    expect(page.get_by_role("main").get_by_role("link", name="Mug")).to_be_visible()
    assert page.get_by_role("main").get_by_role("link", name="Teapot").count() == 0
