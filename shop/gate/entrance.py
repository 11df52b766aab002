"""The one way through the gate: ask it, place the order, tell it how that ended."""

import datetime as dt
from collections.abc import Callable, Sequence

from inventory.types import Shortfall
from orders.types import PlacedOrder
from shop.availability import is_outcome_unknown
from shop.gate import services as gate
from shop.gate.errors import MustWait, SaleSoldOut
from shop.gate.tickets import read_ticket
from shop.gate.types import Admitted, SoldOut, Waiting
from shop.sale_board import read_board
from shop.types import FlashSaleView


def place_through_gate(
    place: Callable[[], PlacedOrder],
    *,
    quantities: Sequence[tuple[str, int]],
    request_key: str,
    ticket: str | None,
    stays: bool,
    now: dt.datetime,
) -> PlacedOrder:
    """Call `place` once the gates of all sales in the basket let it in.

    Raises MustWait, SaleSoldOut with nothing ordered, and whatever `place` raises. A basket without an offer
    meets no gate. Needs no transaction, and must not be in one.
    """
    tokens: dict[int, str] = {}
    try:
        for sale, units in _find_sales(quantities, now):
            tokens[sale.id] = _enter(sale, units, request_key, ticket, now, stays=stays)
        placed = place()
    except Exception as error:
        # An order that may have been placed keeps its units until the lease ends and MySQL is asked again.
        if not is_outcome_unknown(error):
            _settle(tokens, placed=False)
        raise
    # A replay takes nothing: the first request's units are gone already.
    _settle(tokens, placed=not placed.replayed)
    return placed


def _find_sales(quantities: Sequence[tuple[str, int]], now: dt.datetime) -> list[tuple[FlashSaleView, int]]:
    """Return the open sales of a basket, each with the units wanted, in the order of their ids."""
    wanted: dict[str, int] = {}
    for sku, quantity in quantities:
        wanted[sku] = wanted.get(sku, 0) + quantity
    open_sales = [sale for sale in read_board(now=now).sales if sale.sku in wanted and sale.is_open(now)]
    return [(sale, wanted[sale.sku]) for sale in sorted(open_sales, key=lambda sale: sale.id)]


def _enter(
    sale: FlashSaleView, units: int, request_key: str, ticket: str | None, now: dt.datetime, *, stays: bool
) -> str:
    admission = gate.admit(
        sale_id=sale.id, ticket=ticket, request_key=request_key, units=units, now=now, stays=stays
    )
    match admission:
        case Admitted(token):
            return token
        case Waiting():
            shown = read_ticket(ticket, now=now) if ticket else None
            given = read_ticket(admission.ticket, now=now)
            raise MustWait(sale.id, admission, is_known=shown is not None and shown == given)
        case SoldOut(held, line):
            raise SaleSoldOut([Shortfall(sale.sku, units, 0)], sale.id, held, line)


def _settle(tokens: dict[int, str], *, placed: bool) -> None:
    for sale_id, token in tokens.items():
        gate.settle(sale_id=sale_id, token=token, placed=placed)
