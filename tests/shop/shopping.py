"""Shopping the way people do, and things to shop for."""

import itertools
from collections.abc import Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from inventory.services import create_stock_item
from shop.models import Category, Product, Variant
from shop.search.indexing import rebuild

ADDRESS = {
    "email": "ada@example.com",
    "name": "Ada Byron",
    "line1": "12 St James's Square",
    "line2": "",
    "city": "London",
    "postal_code": "SW1Y 4JH",
    "country": "GB",
}
_numbers = itertools.count(1)


def make_product(
    name: str = "Mug", *, category: Category | None = None, is_published: bool = True, description: str = ""
) -> Product:
    """Put a product without variants on the shelf."""
    return Product.objects.create(
        name=name,
        slug=f"{name.lower().replace(' ', '-')}-{next(_numbers)}",
        category=category,
        is_published=is_published,
        description=description,
    )


def make_variant(
    product: Product | None = None,
    *,
    sku: str | None = None,
    on_hand: int = 5,
    price: int = 1250,
    options: list[list[str]] | None = None,
    low_at: int = 0,
) -> Variant:
    """Put a variant, of a new product unless one is given, on the shelf."""
    sku = sku or f"WEB-{next(_numbers)}"
    item = create_stock_item(
        sku=sku, on_hand=on_hand, low_stock_threshold=low_at, actor="test", now=timezone.now()
    )
    return Variant.objects.create(
        product=product or make_product(), stock_item_id=item.id, price_amount=price, options=options or []
    )


def index_all() -> None:
    """Have everything on the shelves found, as if it had been put there by its services."""
    rebuild()


def make_customer(email: str = "ada@example.com") -> Any:
    """Return a customer who can sign in with the password "correct horse"."""
    return get_user_model().objects.create_user(username=email, email=email, password="correct horse")


def add(client: Client, variant: Variant, quantity: object = 1, **headers: Any) -> Any:
    """Add units to the cart."""
    return client.post("/cart/add/", {"variant": variant.pk, "quantity": quantity}, headers=headers)


def open_checkout(client: Client, **typed: str) -> dict[str, str]:
    """Open the checkout page and return the form as it would be sent."""
    page = client.get("/checkout/")
    assert page.status_code == 200, page.headers
    return fill(page.context["page_fields"], **typed)


def fill(page_fields: Mapping[str, Any], **typed: str) -> dict[str, str]:
    """Return a filled-in checkout form."""
    return {**{name: str(value) for name, value in page_fields.items()}, **ADDRESS, **typed}


def place(client: Client, variant: Variant, quantity: int = 1) -> str:
    """Buy units and return the address of the order's page."""
    add(client, variant, quantity)
    answer = client.post("/checkout/", open_checkout(client))
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"]).removesuffix("pay/")
