"""What lists of products are asked for, and what they can be narrowed by. Amounts are minor units."""

from dataclasses import dataclass
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class Sort(models.TextChoices):
    """In which order products are listed. With words, those that have them in their name come first."""

    BEST = "", _("Newest")
    CHEAPEST = "price", _("Price, low to high")
    DEAREST = "-price", _("Price, high to low")
    NAME = "name", _("Name")


@dataclass(frozen=True, slots=True)
class Filters:
    """By what a list is narrowed; `options` are (name, accepted values).

    A product stays if one variant that can be bought has an accepted value of every option; with `in_stock`
    it is such a variant of which something is left. The other ends of a price range may be open.
    """

    lowest_price: int | None = None
    highest_price: int | None = None
    in_stock: bool = False
    options: tuple[tuple[str, tuple[str, ...]], ...] = ()


EVERYTHING: Final = Filters()


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of an option, and how many products of the list have it."""

    value: str
    products: int


@dataclass(frozen=True, slots=True)
class OptionChoices:
    """An option by which a list can be narrowed."""

    name: str
    choices: tuple[Choice, ...]
