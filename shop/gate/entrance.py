"""The one way through the gate: ask it, place the order, tell it how that ended."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from inventory.types import Shortfall
from orders.types import PlacedOrder
from shop.availability import is_outcome_unknown
from shop.gate import services as gate
from shop.gate.errors import MustWait, SaleSoldOut
from shop.gate.tickets import read_ticket
from shop.gate.types import Admitted, SoldOut, Waiting
from shop.sale_board import read_board
from shop.sale_types import FlashSaleView


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who comes to the gate: a request, the ticket it was given before, and whether it stays if sold out."""

    request_key: str
    ticket: str | None = None
    stays: bool = False


def place_through_gate(
    place: Callable[[], PlacedOrder],
    *,
    find_replay: Callable[[], PlacedOrder | None],
    quantities: Sequence[tuple[str, int]],
    visitor: Visitor,
    now: dt.datetime,
) -> PlacedOrder:
    """Call `place` once the gates of all sales in the basket let the visitor in.

    Raises MustWait or SaleSoldOut with nothing ordered, and whatever `place` raises; but an order that this
    request has placed before is found whatever the gate says. A basket without an offer meets no gate. Calls
    Redis, so it must not be in a transaction.
    """
    tokens: dict[int, str] = {}
    try:
        for sale, units in _find_sales(quantities, now):
            tokens[sale.id] = _enter(sale, units, visitor, now)
        placed = place()
    except (MustWait, SaleSoldOut) as refused:
        _settle(tokens, placed=False)
        # Who comes back with their own ticket has been looked up when they got it.
        is_known = isinstance(refused, MustWait) and refused.is_known
        if not is_known and (replay := find_replay()):
            return replay
        raise
    except Exception as error:
        # An order that may have been placed keeps its units until the lease ends and MySQL is asked again.
        if not is_outcome_unknown(error):
            _settle(tokens, placed=False)
        raise
    # A replay takes nothing: the first request's units are gone already.
    _settle(tokens, placed=not placed.replayed)
    return placed


def count_waiting(*, quantities: Sequence[tuple[str, int]], now: dt.datetime) -> int:
    """Return how many wait in the longest line of the sales in a basket; 0 if nobody knows."""
    sales = [sale for sale, _units in _find_sales(quantities, now)]
    levels = [gate.read_levels(sale_id=sale.id, now=now) for sale in sales]
    return max((known.waiting for known in levels if known), default=0)


def _find_sales(quantities: Sequence[tuple[str, int]], now: dt.datetime) -> list[tuple[FlashSaleView, int]]:
    """Return the open sales of a basket, each with the units wanted, in the order of their ids."""
    wanted: dict[str, int] = {}
    for sku, quantity in quantities:
        wanted[sku] = wanted.get(sku, 0) + quantity
    open_sales = [sale for sale in read_board(now=now).sales if sale.sku in wanted and sale.is_open(now)]
    return [(sale, wanted[sale.sku]) for sale in sorted(open_sales, key=lambda sale: sale.id)]


def _enter(sale: FlashSaleView, units: int, visitor: Visitor, now: dt.datetime) -> str:
    admission = gate.admit(
        sale_id=sale.id,
        ticket=visitor.ticket,
        request_key=visitor.request_key,
        units=units,
        now=now,
        stays=visitor.stays,
    )
    match admission:
        case Admitted(token):
            return token
        case Waiting():
            shown = read_ticket(visitor.ticket, now=now) if visitor.ticket else None
            given = read_ticket(admission.ticket, now=now)
            raise MustWait(sale.id, admission, is_known=shown is not None and shown == given)
        case SoldOut(held, line):
            raise SaleSoldOut([Shortfall(sale.sku, units, 0)], sale.id, held, line)


def _settle(tokens: dict[int, str], *, placed: bool) -> None:
    for sale_id, token in tokens.items():
        gate.settle(sale_id=sale_id, token=token, placed=placed)
