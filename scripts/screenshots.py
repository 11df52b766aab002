"""Pictures of every page of a running demo shop, for phone and desktop, in both languages, light and dark.

`make screenshots PORT=8000` (with `make run` in another terminal) writes them to docs/screenshots/.
"""

import argparse
import io
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from scripts import console, paths

FOLDER: Final = paths.ROOT / "docs" / "screenshots"
# Name, width and height of the window, language, colour scheme: enough to see each kind of difference.
LOOKS: Final = (
    ("desktop-en-light", 1280, 900, "en-US", "light"),
    ("desktop-zh-dark", 1280, 900, "zh-CN", "dark"),
    ("phone-en-dark", 390, 844, "en-US", "dark"),
    ("phone-zh-light", 390, 844, "zh-CN", "light"),
)
FLAGS: Final = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
CUSTOMER: Final = {"login": "demo@example.com", "password": "demo-holdfast"}
PRODUCT: Final = "/products/stoneware-mug/"


def main() -> int:
    """Run `make screenshots`."""
    parser = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    parser.add_argument("--site", default=f"http://127.0.0.1:{os.environ.get('PORT', '8000')}")
    parser.add_argument("--only", default="", help="only looks whose name contains this")
    given = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for look in LOOKS:
            if given.only in look[0]:
                take_pictures(browser, given.site, *look)
    return 0


def take_pictures(
    browser: Browser, site: str, look: str, width: int, height: int, language: str, scheme: Any
) -> None:
    """Walk through the shop, as a guest and then signed in, and save what each page looks like."""
    context = browser.new_context(
        base_url=site, viewport={"width": width, "height": height}, locale=language, color_scheme=scheme
    )
    page = context.new_page()
    for name in walk(page):
        # Fonts and pictures further down the page, which load only when they come into view.
        page.evaluate("document.querySelectorAll('img[loading=lazy]').forEach(img => img.loading = 'eager')")
        page.wait_for_load_state("networkidle")
        save(page.screenshot(full_page=True), FOLDER / f"{name}-{look}.webp")
    context.close()


def walk(page: Page) -> Iterator[str]:
    """Go from page to page, yielding the name of each when it is open."""
    for name, path in (
        ("home", "/"),
        ("list", "/products/"),
        ("category", "/categories/workshop/"),
        ("search", "/products/?q=wool"),
        ("flash-sale", "/products/forged-bench-holdfast/"),
        ("not-found", "/no-such-page/"),
        ("sign-in", "/accounts/login/"),
        ("sign-up", "/accounts/signup/"),
        ("product", PRODUCT),
    ):
        page.goto(path)
        yield name
    page.locator("form[data-product] button[type=submit]").click()
    page.locator("#added .notice").wait_for()
    page.goto("/cart/")
    yield "cart"
    page.goto("/checkout/")
    yield "checkout"
    yield from buy(page)


def buy(page: Page) -> Iterator[str]:
    """Place the order in the cart and look at its own pages."""
    typed = {"email": "ada@example.com", "name": "Ada Byron", "line1": "12 St James Square",
             "city": "London", "postal_code": "SW1Y 4LB"}  # fmt: skip
    for field, value in typed.items():
        page.locator(f"main [name={field}]").first.fill(value)
    country = page.locator("main select[name=country]")
    if country.count():
        country.select_option("GB")
    page.wait_for_load_state("networkidle")
    page.locator("main form[data-once] button[type=submit]:not(.quiet)").last.click()
    page.wait_for_url(re.compile("/(sandbox|orders)/"))
    if "/sandbox/" in page.url:
        yield "sandbox"
        page.locator("button[value=decline]").click()
        page.wait_for_url("**/orders/**")
    order = page.url.removesuffix("pay/")
    page.goto(f"{order}pay/")
    yield "pay"
    page.locator("form.pay button").click()
    page.wait_for_url("**/sandbox/**")
    page.locator("button[value=pay]").click()
    page.wait_for_url("**/orders/**")
    yield "order"
    page.goto(f"{order}invoice/")
    yield "invoice"
    yield from sign_in(page)


def sign_in(page: Page) -> Iterator[str]:
    """Sign in as the demo's customer and look at the account's pages."""
    page.goto("/accounts/login/?next=/account/orders/")
    for field, value in CUSTOMER.items():
        page.locator(f"main [name={field}]").fill(value)
    page.locator("main [name=password]").press("Enter")
    page.wait_for_url("**/account/orders/")
    yield "account-orders"
    for name in ("addresses", "points", "data"):
        page.goto(f"/account/{name}/")
        yield f"account-{name}"
    page.goto("/accounts/2fa/")
    yield "account-second-step"


def save(picture: bytes, path: Path) -> None:
    """Save a picture, packed so that all of them together stay small."""
    with Image.open(io.BytesIO(picture)) as image:
        image.convert("RGB").save(path, "WEBP", quality=60, method=4)


if __name__ == "__main__":
    console.run_main(main)
