"""Every page of a shopper, for everybody: axe finds nothing serious, and nothing moves while it loads."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from orders.models import Order
from orders.selectors import order_token
from shop.models import Product
from tests.browser.conftest import PHONE, OpenTab
from tests.browser.shopper import Shopper

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


@pytest.mark.parametrize(
    ("language", "options"),
    [("en", {}), ("zh-hans", {"viewport": PHONE, "color_scheme": "dark"})],
    ids=["desktop", "phone, in Chinese, in the dark"],
)
def test_no_page_has_a_serious_fault_for_anybody_and_nothing_moves(
    open_tab: OpenTab, language, options
) -> None:
    shopper = Shopper(page := open_tab(language=language, **options), language)
    faults, shifts = {}, {}
    for path in list_pages(shopper):
        page.goto(path, wait_until="load")
        if found := find_faults(page):
            faults[path] = found
        shift, moved = page.evaluate(_SHIFT)
        # As it is reported: with two digits.
        if round(shift, 2):
            shifts[path] = moved
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is too wide"
    assert faults == {}
    assert shifts == {}


def test_a_list_is_narrowed_and_its_pages_keep_what_was_asked(open_tab: OpenTab) -> None:
    page = open_tab()
    page.goto("/products/?q=mug")
    expect(page.get_by_role("main").get_by_role("link", name="Mug")).to_be_visible()
    assert page.get_by_role("main").get_by_role("link", name="Teapot").count() == 0
