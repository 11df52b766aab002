"""Shipping zones, tax rates and baskets to price."""

from decimal import Decimal
from typing import Any

from shop.delivery.methods import forget_zones
from shop.delivery.models import ShippingMethod, ShippingZone, WeightStep, ZoneArea
from shop.pricing.types import Basket, PricedLine
from shop.tax.models import TaxClass, TaxRate
from shop.tax.rates import forget_rates
from tests.builders import NOW

GERMANY = {"country": "DE", "postal_code": "10115", "city": "Berlin"}


def make_zone(*areas: dict[str, str], position: int = 0) -> ShippingZone:
    """Ship to these areas, or to everywhere else."""
    zone = ShippingZone.objects.create(name="Zone", position=position)
    for area in areas:
        ZoneArea.objects.create(zone=zone, **area)
    forget_zones()
    return zone


def make_method(
    zone: ShippingZone,
    code: str = "standard",
    price: int = 500,
    *,
    steps: tuple[tuple[int, int], ...] = (),
    **facts: Any,
) -> ShippingMethod:
    """Ship to a zone in one more way; `steps` are prices by weight."""
    name = facts.pop("name", code.title())
    method = ShippingMethod.objects.create(zone=zone, code=code, name=name, price_amount=price, **facts)
    for grams, amount in steps:
        WeightStep.objects.create(method=method, from_grams=grams, price_amount=amount)
    forget_zones()
    return method


def make_rate(percent: str, country: str = "DE", *, name: str = "VAT", **facts: Any) -> TaxRate:
    """Tax something somewhere."""
    rate = TaxRate.objects.create(percent=Decimal(percent), country=country, name=name, **facts)
    forget_rates()
    return rate


def make_class(slug: str = "reduced-rate") -> TaxClass:
    """Return a class of goods that are taxed alike."""
    return TaxClass.objects.get_or_create(slug=slug, defaults={"name": slug})[0]


def make_basket(*lines: tuple[int, int], **facts: Any) -> Basket:
    """Return a basket of (unit price, quantity) lines; `grams` and `classes` are by line."""
    grams = facts.pop("grams", (0,) * len(lines))
    classes = facts.pop("classes", (None,) * len(lines))
    priced = tuple(
        PricedLine(f"SKU-{i}", "Mug", price, units, 1, None, classes[i], grams[i])
        for i, (price, units) in enumerate(lines)
    )
    return Basket(lines=priced, now=NOW, **facts)


def list_amounts(quote: Any) -> list[tuple[str, str, int]]:
    """Return what a quote adds to its lines: kind, label, amount."""
    return [(each.kind, each.label, each.amount) for each in quote.adjustments]
