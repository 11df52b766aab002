"""Fixtures for every test."""

import pytest

from inventory import hot


@pytest.fixture(autouse=True)
def _nothing_is_hot_yet() -> None:
    """Forget what the test before saw: an emptied table gives its ids out again."""
    hot._seen.clear()
