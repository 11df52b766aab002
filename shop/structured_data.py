"""What search engines are told of a product and of the way to it, as schema.org has words for it."""

import json
from collections.abc import Sequence
from typing import Any

from babel.numbers import get_currency_precision
from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from shop.richtext import to_text
from shop.types import CategoryView, ProductView, VariantView

_LONGEST_DESCRIPTION = 5_000
# A script element ends at its first "</script", whatever is quoted.
_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def describe_product(product: ProductView, crumbs: Sequence[CategoryView]) -> SafeString:
    """Return a product with its offers, and its breadcrumbs, as JSON that a script element may hold."""
    graph = [_to_product(product), _to_crumbs(product, crumbs)]
    return _to_json({"@context": "https://schema.org", "@graph": graph})


def make_absolute(path: str) -> str:
    """Return an address of this shop with its host."""
    return path if "://" in path else f"{settings.SITE_URL}{path}"


def _to_product(product: ProductView) -> dict[str, Any]:
    url = make_absolute(reverse("shop:product", kwargs={"slug": product.slug}))
    facts = {
        "@type": "Product",
        "@id": f"{url}#product",
        "name": product.name,
        "url": url,
        "image": [make_absolute(image.large) for image in product.images],
        "description": to_text(product.description)[:_LONGEST_DESCRIPTION],
        "brand": {"@type": "Brand", "name": product.vendor} if product.vendor else None,
        "category": product.category.name if product.category else None,
        "sku": product.variants[0].sku if len(product.variants) == 1 else None,
        "offers": [_to_offer(variant, url) for variant in product.variants],
    }
    return {name: value for name, value in facts.items() if value}


def _to_offer(variant: VariantView, url: str) -> dict[str, Any]:
    precision = get_currency_precision(settings.SHOP_CURRENCY)
    offer = {
        "@type": "Offer",
        "sku": variant.sku,
        "name": variant.label,
        "url": url,
        "price": f"{variant.price_amount / 10**precision:.{precision}f}",
        "priceCurrency": settings.SHOP_CURRENCY,
        "availability": f"https://schema.org/{_name_availability(variant)}",
    }
    return {name: value for name, value in offer.items() if value}


def _name_availability(variant: VariantView) -> str:
    if variant.is_sold_out:
        return "OutOfStock"
    return "LimitedAvailability" if variant.is_low else "InStock"


def _to_crumbs(product: ProductView, crumbs: Sequence[CategoryView]) -> dict[str, Any]:
    way = [(crumb.name, reverse("shop:category", kwargs={"slug": crumb.slug})) for crumb in crumbs]
    way.append((product.name, reverse("shop:product", kwargs={"slug": product.slug})))
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": place, "name": name, "item": make_absolute(path)}
            for place, (name, path) in enumerate(way, start=1)
        ],
    }


def _to_json(facts: dict[str, Any]) -> SafeString:
    return mark_safe(json.dumps(facts, ensure_ascii=False).translate(_ESCAPES))  # noqa: S308 - escaped here
