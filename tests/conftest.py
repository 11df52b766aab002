"""Fixtures for every test."""

import pytest

from inventory import hot, sold_out
from shop.glances import Glances


@pytest.fixture(autouse=True)
def _nothing_is_hot_yet() -> None:
    """Forget what the test before saw: an emptied table gives its ids out again."""
    hot._seen.clear()
    sold_out._refused.clear()
    sold_out._ids.clear()
    Glances.forget_all()
