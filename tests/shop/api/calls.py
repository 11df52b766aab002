"""Calling the API the way programs do, and things to call it about."""

import itertools
import uuid
from typing import Any

from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from inventory.services import create_stock_item
from shop.models import Product, Variant

ORDERS = "/api/v1/orders/"
_numbers = itertools.count(1)


def make_variant(
    *,
    sku: str | None = None,
    on_hand: int = 5,
    price: int = 1250,
    is_published: bool = True,
    name: str = "Mug",
) -> str:
    """Put a product with one form on the shelf and return its SKU."""
    number = next(_numbers)
    sku = sku or f"API-{number}"
    item = create_stock_item(sku=sku, on_hand=on_hand, actor="test", now=timezone.now())
    product = Product.objects.create(name=name, slug=f"{name.lower()}-{number}", is_published=is_published)
    Variant.objects.create(
        product=product, stock_item_id=item.id, price_amount=price, options=[["Size", "M"]]
    )
    return sku


def make_customer(email: str = "buyer@example.com", **fields: Any) -> tuple[Any, dict[str, str]]:
    """Return a customer and the header that logs them in."""
    user = get_user_model().objects.create_user(
        username=email, email=email, password="correct horse", **fields
    )
    _token, text = AuthToken.objects.create(user=user)
    return user, {"Authorization": f"Token {text}"}


def post_order(
    client: Client,
    *lines: tuple[str, Any],
    key: str | None = None,
    headers: dict[str, str] | None = None,
    **body: Any,
) -> Any:
    """Place an order for (SKU, quantity) pairs; `body` overrides the rest."""
    content = {
        "email": "buyer@example.com",
        "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines],
        **body,
    }
    return client.post(
        ORDERS,
        content,
        content_type="application/json",
        headers={"Idempotency-Key": key or uuid.uuid4().hex, **(headers or {})},
    )


def assert_problem(response: Any, status: int, code: str) -> dict[str, Any]:
    """Check that the answer is a complete problem document of this kind, and return it."""
    assert response.headers["Content-Type"] == "application/problem+json", response.content[:300]
    problem: dict[str, Any] = response.json()
    assert (response.status_code, problem["status"], problem["code"]) == (status, status, code), problem
    assert problem["type"] == f"/api/v1/problems/{code}"
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"] == response.wsgi_request.path
    return problem
