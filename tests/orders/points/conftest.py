"""What all tests of points begin with."""

import pytest

from tests.builders import make_stock_item


@pytest.fixture(autouse=True)
def _rates(settings):
    settings.POINTS_PER_UNIT, settings.POINT_VALUE = 2, 1


@pytest.fixture
def item():
    """Something to buy."""
    return make_stock_item(on_hand=20)
