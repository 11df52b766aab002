"""Every test here runs once for each strategy, and once with strategies mixed on the same items."""

import itertools
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from config.books import check_books
from inventory.selectors import get_levels_by_id, list_strategies
from inventory.services import set_locking_strategy
from inventory.types import StockLevel
from tests.builders import make_stock_item
from tests.concurrency.proxy import CommitCuttingProxy, running_proxy

STRATEGIES = ("conditional", "pessimistic", "optimistic", "combined", "pooled")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These tests commit for real, so they get the database to themselves and leave it empty."""
    for item in items:
        if "tests/concurrency/" in item.path.as_posix():
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture
def seed() -> int:
    """A seed for everything random in a test; pytest shows it when the test fails."""
    value = random.SystemRandom().randrange(2**32)
    print(f"seed {value}")  # noqa: T201 - shown with a failure
    random.seed(value)
    return value


@pytest.fixture(params=[*STRATEGIES, "mixed"])
def strategy(request: pytest.FixtureRequest) -> str:
    """The strategy under test; "mixed": items start with different ones, and are switched all the time."""
    assert {name for name, _label in list_strategies()} == set(STRATEGIES), "race them all"
    return request.param


@pytest.fixture
def make_item(strategy: str) -> Callable[..., StockLevel]:
    """Make stock items of the strategy under test."""
    turns = itertools.cycle(STRATEGIES)

    def make(on_hand: int) -> StockLevel:
        return make_stock_item(on_hand=on_hand, strategy=next(turns) if strategy == "mixed" else strategy)

    return make


@pytest.fixture
def switching(strategy: str) -> Callable[..., object]:
    """A context in which, if strategies are mixed, those of the given items change all the time."""

    @contextmanager
    def switch(*items: StockLevel) -> Iterator[None]:
        if strategy != "mixed":
            yield
            return
        done = threading.Event()
        thread = threading.Thread(target=keep_switching, args=(items, done), daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join(30)
            assert not thread.is_alive()

    return switch


def keep_switching(items: tuple[StockLevel, ...], done: threading.Event) -> None:
    """Switch the items through all strategies until told to stop."""
    try:
        for name in itertools.cycle(STRATEGIES):
            if done.wait(0.002):
                return
            set_locking_strategy(stock_item_ids=[item.id for item in items], name=name)
    finally:
        connection.close()


@pytest.fixture
def assert_sold() -> Callable[..., None]:
    """Check that so many units are sold, that none appeared or vanished, and that the books balance."""

    def check(item: StockLevel, sold: int, *, received: int = 0) -> None:
        level = get_levels_by_id(ids=[item.id])[item.id]
        assert level.available + sold == item.on_hand + received
        assert level.reserved == sold
        assert check_books() == []

    return check


@pytest.fixture
def proxied() -> Iterator[CommitCuttingProxy]:
    """Send this test's connection through a proxy that can lose a COMMIT."""
    settings = connection.settings_dict
    with running_proxy((settings["HOST"] or "127.0.0.1", int(settings["PORT"] or 3306))) as proxy:
        connection.close()
        connection.settings_dict = {**settings, "HOST": "127.0.0.1", "PORT": proxy.port}
        yield proxy
        connection.close()
        connection.settings_dict = settings
