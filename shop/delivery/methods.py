"""Which shipping methods a basket can choose from, and what each costs. Amounts are minor units."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shop.delivery.models import ShippingMethod, ShippingZone
from shop.glances import RULES_FRESH_SECONDS, Glances
from shop.places.areas import Area, Place, rate_match

_ALL: Final = "zones"
_glances: Final[Glances[str, "tuple[Zone, ...]"]] = Glances(fresh_seconds=RULES_FRESH_SECONDS)


@dataclass(frozen=True, slots=True)
class Method:
    """A shipping method; `steps` are (from so many grams, price), by weight."""

    code: str
    name: str
    note: str
    price: int
    free_from: int | None
    max_grams: int | None
    steps: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Zone:
    """Areas with the same methods."""

    areas: tuple[Area, ...]
    methods: tuple[Method, ...]


@dataclass(frozen=True, slots=True)
class DeliveryOption:
    """A method that a basket can be shipped by, and its price."""

    code: str
    name: str
    note: str
    amount: int


def read_zones() -> tuple[Zone, ...]:
    """Return all zones, as this process read them a few seconds ago; none if the shop charges no shipping."""
    return _glances.look(_ALL, _read_zones)


def forget_zones() -> None:
    """Read anew at the next look: staff who change a method see it at once."""
    _glances.forget()


def list_options(
    *, zones: Sequence[Zone], place: Place, amount: int, grams: int, is_free: bool
) -> tuple[DeliveryOption, ...]:
    """Return how a basket of this price after reductions and this weight can be shipped to a place."""
    zone = _find_zone(zones, place)
    return tuple(
        DeliveryOption(method.code, method.name, method.note, 0 if is_free else _price(method, amount, grams))
        for method in (zone.methods if zone else ())
        if method.max_grams is None or grams <= method.max_grams
    )


def _find_zone(zones: Sequence[Zone], place: Place) -> Zone | None:
    best, most = None, -1
    for zone in zones:
        for area in zone.areas or (Area(),):
            particular = rate_match(area, place)
            if particular is not None and particular > most:
                best, most = zone, particular
    return best


def _price(method: Method, amount: int, grams: int) -> int:
    if method.free_from is not None and amount >= method.free_from:
        return 0
    return next((price for start, price in reversed(method.steps) if grams >= start), method.price)


def _read_zones() -> tuple[Zone, ...]:
    zones = ShippingZone.objects.order_by("position", "id").prefetch_related("areas", "methods__steps")
    return tuple(
        Zone(
            tuple(row.area for row in zone.areas.all()),
            tuple(
                _to_method(row)
                for row in sorted(zone.methods.all(), key=lambda row: (row.position, row.pk))
                if row.is_active
            ),
        )
        for zone in zones
    )


def _to_method(row: ShippingMethod) -> Method:
    steps = sorted((step.from_grams, step.price_amount) for step in row.steps.all())
    return Method(
        row.code, row.name, row.note, row.price_amount, row.free_from_amount, row.max_grams, tuple(steps)
    )
