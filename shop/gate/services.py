"""The gate of this shop: the configured Redis before MySQL."""

import datetime as dt

from django.conf import settings

from orders.selectors import count_unpaid_units
from shop.errors import FlashSaleNotFound
from shop.gate.breaker import Breaker
from shop.gate.connection import open_redis
from shop.gate.gate import Gate
from shop.gate.tickets import make_ticket, read_ticket, renew_ticket
from shop.gate.types import Admission, GateLevels, GateLimits, SaleStock
from shop.metrics import GATE_BREAKER_OPEN, GATE_REDIS_ERRORS
from shop.sale_selectors import get_flash_sale, list_open_sales


def admit(
    *,
    sale_id: int,
    ticket: str | None,
    request_key: str,
    units: int,
    now: dt.datetime,
    stays: bool = False,
) -> Admission:
    """Let a request for units of a sale in, or tell it its place in the line, or that there are none.

    `request_key` stands for the request: the same one gets the same answer, and the same place. `ticket` is
    what it was given before; one that is forged, expired or somebody else's is like none. `stays`: wait for
    units to come back if it is sold out. Asks MySQL when Redis does not know; needs no transaction.
    """
    first = make_ticket(sale_id=sale_id, request_key=request_key, units=units)
    return _gate.admit(renew_ticket(first, ticket, now=now), now=now, stays=stays)


def ask_again(*, ticket: str, now: dt.datetime, stays: bool = False) -> Admission | None:
    """Ask as the holder of a ticket; None if it does not hold any more."""
    known = read_ticket(ticket, now=now)
    return _gate.admit(known, now=now, stays=stays) if known else None


def settle(*, sale_id: int, token: str, placed: bool) -> None:
    """Say how it ended for somebody who was let in. Saying nothing leaves it to the lease."""
    _gate.settle(sale_id=sale_id, token=token, placed=placed)


def refresh(*, sale_id: int, now: dt.datetime) -> None:
    """Ask MySQL what is left of a sale and tell the gate."""
    _gate.refresh(sale_id=sale_id, stock=read_stock(sale_id=sale_id, now=now), now=now)


def refresh_open_sales(*, now: dt.datetime) -> None:
    """Tell the gate what MySQL says of every open sale. Run every few seconds; callers do it more often."""
    for sale in list_open_sales(now=now):
        refresh(sale_id=sale.id, now=now)


def read_levels(*, sale_id: int, now: dt.datetime) -> GateLevels | None:
    """Return what the gate believes of a sale; None if it knows nothing or Redis is away."""
    return _gate.read_levels(sale_id=sale_id, now=now)


def read_drift(*, sale_id: int, available: int, now: dt.datetime) -> int | None:
    """Return by how many units the gate is wrong: its free units minus (available - in flight).

    None if the gate knows nothing. While orders are being placed it is off by a few for a moment; in quiet it
    is 0 after the next refresh.
    """
    levels = read_levels(sale_id=sale_id, now=now)
    return levels.find_drift(available) if levels else None


def read_stock(*, sale_id: int, now: dt.datetime) -> SaleStock:
    """Return what MySQL says of a sale. Nothing of one that is over is for sale, or will come back."""
    try:
        sale = get_flash_sale(sale_id=sale_id)
    except FlashSaleNotFound:
        return SaleStock(0)
    if not sale.is_open(now):
        return SaleStock(0)
    # How many may come back matters to nobody before all are gone.
    held = 0 if sale.remaining else count_unpaid_units(sku=sale.sku)
    return SaleStock(max(sale.remaining, 0), held)


def _get_limits() -> GateLimits:
    return GateLimits(settings.GATE_FACTOR, settings.GATE_SLACK, settings.GATE_MAX_IN_FLIGHT)


_breaker = Breaker(on_error=GATE_REDIS_ERRORS.inc, on_change=GATE_BREAKER_OPEN.set)
_gate = Gate(
    connect=open_redis,
    read_stock=lambda sale_id, now: read_stock(sale_id=sale_id, now=now),
    get_limits=_get_limits,
    breaker=_breaker,
)
