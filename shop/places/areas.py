"""Places, and the areas that rules are for. The most particular area counts: postal codes before a city,
a city before a region, a region before a country, a country before everywhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from shop.places.regions import find_region

_RANGE: Final = "..."
_ANY: Final = "*"
_POSTAL_CODE, _CITY, _REGION, _COUNTRY = 8, 4, 2, 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where something goes: a country, and more if it is known. Written the way areas are compared."""

    country: str
    region: str = ""
    city: str = ""
    # As written, and without what follows a hyphen: 12345-6789 is in 12345, too.
    postal_codes: tuple[str, ...] = ()


class Area(NamedTuple):
    """Where a rule holds; what is empty is anywhere. Cities and postal codes are separated by semicolons.

    A postal code may end in `*` or be a range of numbers such as `1000...1999`.
    """

    country: str = ""
    region: str = ""
    city: str = ""
    postal_codes: str = ""


def find_place(address: Mapping[str, Any] | None, *, otherwise: str = "") -> Place | None:
    """Return the place of an address; of none, the country `otherwise`, if there is one."""
    country = str((address or {}).get("country") or "").upper() or otherwise.upper()
    if not country:
        return None
    known = address if address and address.get("country") else {}
    text = {name: str(known.get(name) or "") for name in ("region", "city", "postal_code")}
    codes = dict.fromkeys(
        code for part in (text["postal_code"], text["postal_code"].partition("-")[0]) if (code := _pack(part))
    )
    region = find_region(country=country, text=text["region"])
    return Place(country, region, text["city"].strip().upper(), tuple(codes))


def rate_match(area: Area, place: Place) -> int | None:
    """Return how particular an area is that a place is in; None if it is not in it."""
    if area.country not in ("", place.country) or area.region not in ("", place.region):
        return None
    particular = _COUNTRY * bool(area.country) + _REGION * bool(area.region)
    if area.city:
        if place.city not in _split(area.city):
            return None
        particular += _CITY
    if area.postal_codes:
        patterns = _split(area.postal_codes)
        if not any(_fits(pattern, code) for pattern in patterns for code in place.postal_codes):
            return None
        particular += _POSTAL_CODE
    return particular


def check_postal_codes(text: str) -> None:
    """Raise ValidationError for a range that is none."""
    for pattern in _split(text):
        first, dots, last = pattern.partition(_RANGE)
        if dots and not (_is_number(first) and _is_number(last) and int(first) <= int(last)):
            raise ValidationError(
                _("“%(text)s” is no range of numbers such as 1000...1999."), params={"text": pattern}
            )


def _fits(pattern: str, code: str) -> bool:
    first, dots, last = pattern.partition(_RANGE)
    if dots:
        return (
            _is_number(first)
            and _is_number(last)
            and _is_number(code)
            and int(first) <= int(code) <= int(last)
        )
    packed = _pack(pattern)
    return code.startswith(packed[:-1]) if packed.endswith(_ANY) else code == packed


def _split(text: str) -> list[str]:
    return [part.strip().upper() for part in text.split(";") if part.strip()]


def _pack(text: str) -> str:
    """Leave out what people write differently: SW1Y 4JH is SW1Y4JH."""
    return "".join(sign for sign in text.upper() if sign.isalnum() or sign == _ANY)


def _is_number(text: str) -> bool:
    return text.strip().isdecimal() and text.isascii()
