"""A shelf that never sells too much, and a crowd that comes to the gate in front of it. Time is a number."""

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from shop.gate.breaker import Breaker
from shop.gate.gate import Gate
from shop.gate.tickets import make_ticket, renew_ticket
from shop.gate.types import GateLevels, GateLimits, SaleStock

START = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)


def at(seconds: float) -> dt.datetime:
    """Return a moment so many seconds into the sale."""
    return START + dt.timedelta(seconds=seconds)


@dataclass
class Shelf:
    """What MySQL is to the gate: it counts how often it is asked, and refuses what it has not got."""

    available: int
    held: int = 0
    asked: int = 0
    sold: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, _sale_id: int, _now: dt.datetime) -> SaleStock:
        """Say what is left."""
        self.asked += 1
        return SaleStock(self.available, self.held)

    def take(self, units: int = 1) -> bool:
        """Sell units if they are there."""
        with self._lock:
            if units > self.available:
                return False
            self.available -= units
            self.sold += units
            return True


def make_gate(
    connect: Callable[[], Any],
    shelf: Shelf,
    *,
    factor: float = 1,
    slack: int = 0,
    most: int = 1000,
    breaker: Breaker | None = None,
) -> Gate:
    """Return a gate as another process would have it: it remembers nothing."""
    limits = GateLimits(factor, slack, most)
    return Gate(
        connect=connect,
        read_stock=shelf.read,
        get_limits=lambda: limits,
        breaker=breaker or Breaker(open_seconds=0),
    )


@dataclass
class Caller:
    """Somebody who wants units of a sale and keeps the ticket they are given."""

    gate: Gate
    sale_id: int
    name: str
    units: int = 1
    ticket: str | None = None

    def ask(self, seconds: float = 0, *, stays: bool = False) -> Any:
        """Come to the gate at this time and return its `Admission`."""
        first = make_ticket(sale_id=self.sale_id, request_key=self.name, units=self.units)
        now = at(seconds)
        admission = self.gate.admit(renew_ticket(first, self.ticket, now=now), now=now, stays=stays)
        self.ticket = getattr(admission, "ticket", None)
        return admission


def read_levels(gate: Gate, sale_id: int, seconds: float) -> GateLevels:
    """Return what a gate believes, which it must know."""
    levels = gate.read_levels(sale_id=sale_id, now=at(seconds))
    assert levels is not None
    return levels
