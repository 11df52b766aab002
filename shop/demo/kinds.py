"""What a demo product consists of. Prices are in hundredths; loading brings them to the shop's currency."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shop.demo.drawing import Board


@dataclass(frozen=True, slots=True)
class DemoVariant:
    """One form of a product, its stock, and what it costs more or less than the product."""

    code: str
    options: tuple[tuple[str, str], ...]
    on_hand: int
    surcharge: int = 0


@dataclass(frozen=True, slots=True)
class DemoProduct:
    """One product and how to draw it: a picture for each colour."""

    code: str
    name: str
    category: str
    vendor: str
    price: int
    text: str
    draw: Callable[[str], Board]
    colours: tuple[tuple[str, str], ...]
    variants: tuple[DemoVariant, ...]
    strategy: str = "conditional"


def one(on_hand: int) -> tuple[DemoVariant, ...]:
    """Return the only form of a product."""
    return (DemoVariant("", (), on_hand),)


def several(
    option: str, *values: tuple[str, str, int] | tuple[str, str, int, int]
) -> tuple[DemoVariant, ...]:
    """Return forms that differ in one option, from (code, value, stock[, surcharge])."""
    return tuple(DemoVariant(code, ((option, value),), *numbers) for code, value, *numbers in values)


def crossed(
    first: str, values: Sequence[tuple[str, str]], second: str, others: Sequence[tuple[str, Sequence[int]]]
) -> tuple[DemoVariant, ...]:
    """Return every combination of two options; each of the others carries its stock for each of the first."""
    return tuple(
        DemoVariant(f"{code}-{other}", ((first, value), (second, other)), stock[index])
        for index, (code, value) in enumerate(values)
        for other, stock in others
    )


@dataclass(frozen=True, slots=True)
class DemoSale:
    """A flash sale of one variant: when it starts and ends, counted from the moment the demo is loaded."""

    sku: str
    name: str
    price: int
    units: int
    limit: int
    starts_in: dt.timedelta
    ends_in: dt.timedelta
    payment_window: dt.timedelta
