"""Placing an order for a caller of the API: the one service call, and what is answered when it succeeds."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from shop.api.access import TICKET_META
from shop.api.order_output import show_placed_order
from shop.client_address import find_client_address
from shop.order_requests import OrderRequest
from shop.services.checkout import place_order_for_skus


def place_requested(
    wanted: OrderRequest,
    *,
    idempotency_scope: str,
    idempotency_key: str,
    path: str,
    meta: Mapping[str, Any],
) -> tuple[dict[str, Any], dict[str, str]]:
    """Place an order and return what to answer, with status 201: content and headers.

    `path` is the address of the request and `meta` its META. Raises what `place_order_for_skus` does.
    """
    placed = place_order_for_skus(
        wanted,
        idempotency_scope=idempotency_scope,
        idempotency_key=idempotency_key,
        client_address=find_client_address(meta),
        ticket=meta.get(TICKET_META),
        now=timezone.now(),
    )
    headers = {"Location": f"{path}{placed.order.number}/"}
    if placed.replayed:
        headers["Idempotent-Replayed"] = "true"
    return show_placed_order(placed), headers
