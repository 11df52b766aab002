"""Which taxes apply to a class of goods at a place."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Final, NamedTuple

from shop.glances import RULES_FRESH_SECONDS, Glances
from shop.places.areas import Area, Place, rate_match
from shop.tax.models import TaxRate

_ALL: Final = "countries"
_countries: Final[Glances[str, frozenset[str]]] = Glances(fresh_seconds=RULES_FRESH_SECONDS)
_rates: Final[Glances[tuple[str, str], "tuple[Rate, ...]"]] = Glances(fresh_seconds=RULES_FRESH_SECONDS)


class Rate(NamedTuple):
    """A tax rate; `share` is the percentage as a number: 1/5 for 20%."""

    area: Area
    tax_class_id: int | None
    label: str
    share: Fraction
    priority: int
    is_compound: bool
    is_on_shipping: bool


class Tax(NamedTuple):
    """A tax that applies: how much of it is on each unit of money before tax."""

    label: str
    factor: Fraction
    is_on_shipping: bool


def list_rates(*, place: Place) -> tuple[Rate, ...]:
    """Return what could apply at a place, as this process read it a few seconds ago."""
    countries = _countries.look(_ALL, _read_countries)
    if not countries & {place.country, ""}:
        return ()
    return _rates.look((place.country, place.region), lambda: _read_rates(place))


def has_rates() -> bool:
    """Say whether anything is taxed anywhere."""
    return bool(_countries.look(_ALL, _read_countries))


def forget_rates() -> None:
    """Read anew at the next look: staff who change a rate see it at once."""
    _countries.forget()
    _rates.forget()


def find_taxes(*, rates: Iterable[Rate], tax_class_id: int | None, place: Place) -> tuple[Tax, ...]:
    """Return the taxes on a class of goods, lowest priority first: of each priority the most particular."""
    best: dict[int, tuple[int, Rate]] = {}
    for rate in rates:
        if rate.tax_class_id != tax_class_id:
            continue
        particular = rate_match(rate.area, place)
        if particular is not None and particular > best.get(rate.priority, (-1, rate))[0]:
            best[rate.priority] = particular, rate
    taxes, so_far = [], Fraction(0)
    for _priority, (_particular, rate) in sorted(best.items(), key=lambda pair: pair[0]):
        factor = rate.share * (1 + so_far if rate.is_compound else 1)
        so_far += factor
        taxes.append(Tax(rate.label, factor, rate.is_on_shipping))
    return tuple(taxes)


def _read_countries() -> frozenset[str]:
    return frozenset(TaxRate.objects.values_list("country", flat=True).distinct())


def _read_rates(place: Place) -> tuple[Rate, ...]:
    rows = TaxRate.objects.filter(country__in=("", place.country), region__in=("", place.region))
    return tuple(
        Rate(
            row.area,
            row.tax_class_id,
            str(row),
            Fraction(row.percent) / 100,
            row.priority,
            row.is_compound,
            row.is_on_shipping,
        )
        for row in rows.order_by("id")
    )
