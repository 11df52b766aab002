"""The demo's shelves, products and flash sales."""

import datetime as dt
from typing import Final

from django.utils.translation import gettext_noop as _

from shop.demo.kinds import DemoProduct, DemoSale
from shop.demo.novelties import NOVELTIES
from shop.demo.staples import STAPLES

LOW: Final = 3

CATEGORIES: Final = (
    ("workshop", _("Workshop")),
    ("kitchen", _("Kitchen")),
    ("table", _("Table")),
    ("desk", _("Desk")),
    ("wardrobe", _("Wardrobe")),
    ("outdoors", _("Outdoors")),
)

# The last ones are the newest.
PRODUCTS: Final[tuple[DemoProduct, ...]] = (*STAPLES, *NOVELTIES)

SALES: Final = (
    DemoSale(
        *("HOLDFAST-1", "Bench Week", 3900, 24, 2),
        starts_in=dt.timedelta(0),
        ends_in=dt.timedelta(hours=30),
        payment_window=dt.timedelta(minutes=5),
    ),
    DemoSale(
        *("KETTLE-CREAM", "Tea Time", 4500, 6, 1),
        starts_in=dt.timedelta(minutes=20),
        ends_in=dt.timedelta(hours=3),
        payment_window=dt.timedelta(minutes=5),
    ),
)
