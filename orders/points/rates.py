"""What points are worth, and how many a purchase earns, by the shop's settings. Amounts are minor units."""

from babel.numbers import get_currency_precision
from django.conf import settings


def count_earned(*, amount: int, currency: str) -> int:
    """Return how many points so much money earns: whole ones, rounded down."""
    return amount * int(settings.POINTS_PER_UNIT) // int(10 ** get_currency_precision(currency))


def count_usable(*, amount: int) -> int:
    """Return how many points an amount can take: none for less than it is worth, none if points are off."""
    return amount // settings.POINT_VALUE if settings.POINT_VALUE else 0


def get_worth(*, points: int) -> int:
    """Return what so many points take off a total."""
    return points * int(settings.POINT_VALUE)
