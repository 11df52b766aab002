"""A shop that is served, and tabs of a real browser to visit it with."""

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, ViewportSize, expect, sync_playwright

from shop.models import Category
from tests.shop.shopping import index_all, make_product, make_variant

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
DESKTOP, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=390, height=844)
# A page that is not there is a page all the same, a form sent again with its errors is a 4xx by design, and
# a busy shop says so with a 503.
# Going on before a price has been shown anew calls off the question for it, and htmx says so.
_EXPECTED = (
    "Failed to load resource: the server responded with a status of 4",
    "Failed to load resource: the server responded with a status of 503",
    "htmx:afterRequest",
    "htmx:sendAbort",
)

# Of a machine with other things to do.
_PATIENCE_MS = 30_000
expect.set_options(timeout=_PATIENCE_MS)

OpenTab = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this folder, and leave it out where there is no browser."""
    for item in items:
        if "/tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))
            if not shutil.which("chromium"):
                item.add_marker(pytest.mark.skip(reason="there is no Chromium here"))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for the tests of a file."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright's own loop runs in this thread, and Django takes that for asynchronous code.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def site(live_server: Any, settings: Any) -> str:
    """Where the shop is, which has three products on its shelves, in one category."""
    settings.SITE_URL = live_server.url
    kitchen = Category.objects.create(name="Kitchen", slug="kitchen")
    for name, price, on_hand in [("Mug", 1250, 20), ("Teapot", 4800, 2), ("Strainer", 900, 0)]:
        product = make_product(name, category=kitchen, description=f"<p>A {name.lower()} for every day.</p>")
        make_variant(product, sku=name.upper(), price=price, on_hand=on_hand, low_at=3)
    shirt = make_product("Shirt", category=kitchen)
    for size in ("S", "M"):
        make_variant(shirt, sku=f"SHIRT-{size}", price=3000, options=[["Size", size]])
    index_all()
    return str(live_server.url)


@pytest.fixture
def open_tab(chromium: Browser, site: str) -> Iterator[OpenTab]:
    """Open tabs, each with a session of its own; at the end none has asked elsewhere or had an error."""
    complaints: list[str] = []
    contexts = []

    def note_request(request: Request) -> None:
        if not request.url.startswith((site, "data:", "blob:")):
            complaints.append(f"asked elsewhere: {request.url}")

    def note_message(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_EXPECTED):
            complaints.append(f"console: {message.text}")

    def open_tab(*, language: str = "en", viewport: ViewportSize = DESKTOP, **options: Any) -> Page:
        context = chromium.new_context(
            base_url=site,
            locale=language,
            viewport=viewport,
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(_PATIENCE_MS)
        contexts.append(context)
        context.on("request", note_request)
        context.on("console", note_message)
        context.on("weberror", lambda error: complaints.append(f"script: {error.error}"))
        return context.new_page()

    yield open_tab
    for context in contexts:
        context.close()
    assert complaints == []
