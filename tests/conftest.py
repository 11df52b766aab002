"""Fixtures for every test."""

import uuid

import pytest
from django.test import TransactionTestCase
from django.utils import translation
from hypothesis import settings
from pytest_django import DjangoDbBlocker

from inventory import hot, sold_out
from orders import subscribers
from orders.steps import registry
from scripts.catalogues import compile_catalogues
from shop.gate import keys as gate_keys
from shop.gate import services as gate
from shop.glances import Glances
from shop.promotions import guessing
from tests.before_django import ShopClient
from tests.tables import empty_tables, list_filled_tables

# How long an example takes says more about what else the machine is doing.
settings.register_profile("holdfast", deadline=None)
settings.load_profile("holdfast")
# Pages are tested in every language, also where nobody ran make before.
compile_catalogues()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Have tests that commit leave behind what the migrations wrote, and nothing else."""
    with django_db_blocker.unblock():
        written = frozenset(list_filled_tables())
    TransactionTestCase._fixture_teardown = lambda _case: empty_tables(but=written)  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _nothing_is_hot_yet() -> None:
    """Forget what the test before saw: an emptied table gives its ids out again."""
    hot._seen.clear()
    sold_out._refused.clear()
    sold_out._ids.clear()
    Glances.forget_all()


@pytest.fixture(autouse=True)
def _no_language_chosen_yet() -> None:
    """Forget the language of the test before: a thread keeps that of its latest request."""
    translation.deactivate()


@pytest.fixture(autouse=True)
def _a_gate_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep each test's gate to itself: sales of others have the same ids in the same Redis."""
    monkeypatch.setattr(gate_keys, "prefix", f"test:{uuid.uuid4().hex}:gate")
    monkeypatch.setattr(gate._breaker, "_open_until", 0.0)


@pytest.fixture(autouse=True)
def _wrong_coupons_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count each test's wrong coupons by themselves: all come from one address."""
    monkeypatch.setattr(guessing, "prefix", f"test:{uuid.uuid4().hex}:coupon")


@pytest.fixture(autouse=True)
def _wiring_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disconnect after each test what it connected, and forget the steps it registered."""
    as_wired = {topic: dict(handlers) for topic, handlers in subscribers._handlers.items()}
    monkeypatch.setattr(subscribers, "_handlers", as_wired)
    monkeypatch.setattr(registry, "_steps", dict(registry._steps))


@pytest.fixture
def client() -> ShopClient:
    """Ask the shop as its web server does."""
    return ShopClient()
