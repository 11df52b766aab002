"""The admission gate: it keeps the crowd of a flash sale off MySQL, which alone decides who gets a unit."""

import datetime as dt
import secrets
from collections.abc import Callable, Sequence
from typing import Any, Final

from shop.gate.breaker import Breaker, GateAway
from shop.gate.keys import SaleKeys
from shop.gate.room import describe_wait
from shop.gate.scripts import ADMIT, LEVELS, REBUILD, REFRESH, SETTLE
from shop.gate.tickets import Ticket
from shop.gate.types import Admission, Admitted, GateLevels, GateLimits, SaleStock, SoldOut

# How long somebody let in may take to place an order before the place goes to another: longer than the
# retries of a transaction.
TOKEN_LEASE_MS: Final = 15_000
# State that nobody has compared with MySQL for so long is no state.
LOST_AFTER_MS: Final = 10_000
_ATTEMPTS: Final = 5
_SCRIPTS: Final = {"admit": ADMIT, "settle": SETTLE, "refresh": REFRESH, "rebuild": REBUILD, "levels": LEVELS}


class Gate:
    """One process's hold on the gate of all sales. Safe to share among threads.

    `read_stock` asks MySQL about a sale. What Redis does not know is asked there; nothing is ever taken for
    sold out because a key is missing. While Redis is away everybody is let in: the stock rows have a bounded
    line of their own.
    """

    def __init__(
        self,
        *,
        connect: Callable[[], Any],
        read_stock: Callable[[int, dt.datetime], SaleStock],
        get_limits: Callable[[], GateLimits],
        breaker: Breaker,
    ) -> None:
        self._connect, self._read_stock, self._get_limits = connect, read_stock, get_limits
        self._breaker = breaker
        # What this process saw last: a guess at the epoch, and the latest refresh of it.
        self._epochs: dict[int, str] = {}
        self._turns: dict[int, tuple[str, int]] = {}

    def admit(self, ticket: Ticket, *, now: dt.datetime, stays: bool = False) -> Admission:
        """Let a request in, or give it its place in the line. The same request gets the same answer.

        `stays`: if it is sold out, wait for units of unpaid orders to come back, where there are any.
        """
        try:
            for _attempt in range(_ATTEMPTS):
                if admission := self._try_to_admit(ticket, now, stays=stays):
                    return admission
        except GateAway:
            pass
        # Away, or lost again as soon as it was rebuilt: MySQL decides, as it does anyway.
        return Admitted("")

    def settle(self, *, sale_id: int, token: str, placed: bool) -> None:
        """Take the units of a placed order off what is left, and give the place to another. Once a token."""
        epoch, _colon, member = token.partition(":")
        if not member:
            return
        try:
            self._run("settle", SaleKeys(sale_id, epoch), [epoch, member, int(placed)])
        except GateAway:
            # The lease gives the place back.
            return

    def refresh(self, *, sale_id: int, stock: SaleStock, now: dt.datetime) -> None:
        """Tell the gate what MySQL said at `now`. If the gate knows nothing, an epoch begins."""
        try:
            for _attempt in range(_ATTEMPTS):
                if self._try_to_refresh(sale_id, stock, _to_ms(now)):
                    return
        except GateAway:
            return

    def read_levels(self, *, sale_id: int, now: dt.datetime) -> GateLevels | None:
        """Return what the gate believes, or None if it knows nothing or is away."""
        try:
            for _attempt in range(_ATTEMPTS):
                keys = self._keys(sale_id)
                status, *numbers = self._run("levels", keys, [keys.epoch, _to_ms(now)])
                if status == "known":
                    return GateLevels(*(int(number) for number in numbers))
                if status == "unknown":
                    return None
                self._epochs[sale_id] = numbers[0]
        except GateAway:
            pass
        return None

    def _try_to_admit(self, ticket: Ticket, now: dt.datetime, *, stays: bool) -> Admission | None:
        """Ask once; None if the state had to be put right first, so that asking again makes sense."""
        keys, limits = self._keys(ticket.sale_id), self._get_limits()
        arguments = [
            *(keys.epoch, _to_ms(now), ticket.member, ticket.units, ticket.number, int(stays)),
            *(limits.factor, limits.slack, limits.most, TOKEN_LEASE_MS, LOST_AFTER_MS),
        ]
        status, *rest = self._run("admit", keys, arguments)
        if status == "moved":
            self._epochs[ticket.sale_id] = rest[0]
            return None
        if status == "unknown" or rest[0]:
            self.refresh(sale_id=ticket.sale_id, stock=self._read_stock(ticket.sale_id, now), now=now)
            # What was true before MySQL was asked may not be; but nobody who is in is sent out again.
            if status != "admitted":
                return None
        if status == "admitted":
            return Admitted(f"{keys.epoch}:{ticket.member}")
        held, *numbers = rest[1:]
        line = describe_wait(ticket, numbers, now=now) if numbers else None
        return SoldOut(held, line) if status == "sold_out" or line is None else line

    def _try_to_refresh(self, sale_id: int, stock: SaleStock, asked_at: int) -> bool:
        keys = self._keys(sale_id)
        units = [stock.available, stock.held]
        turn = self._get_turn(keys)
        status, seen = self._run("refresh", keys, [keys.epoch, asked_at, *units, turn, LOST_AFTER_MS])
        if status == "unknown":
            keys = SaleKeys(sale_id, secrets.token_hex(6))
            status, seen = self._run("rebuild", keys, [keys.epoch, asked_at, *units, seen])
        if status == "moved":
            self._epochs[sale_id] = seen
            return False
        self._remember(keys, seen)
        return True

    def _remember(self, keys: SaleKeys, turn: int) -> None:
        self._epochs[keys.sale_id] = keys.epoch
        # Threads of this process may hear of their turns in another order than they had them.
        self._turns[keys.sale_id] = (keys.epoch, max(turn, self._get_turn(keys)))

    def _get_turn(self, keys: SaleKeys) -> int:
        epoch, turn = self._turns.get(keys.sale_id, ("", 0))
        return turn if epoch == keys.epoch else 0

    def _keys(self, sale_id: int) -> SaleKeys:
        return SaleKeys(sale_id, self._epochs.get(sale_id, ""))

    def _run(self, script: str, keys: SaleKeys, arguments: Sequence[object]) -> Any:
        def ask() -> Any:
            redis = self._connect()
            return redis.register_script(_SCRIPTS[script])(keys=keys.as_list(), args=list(arguments))

        return _to_text(self._breaker.call(ask))


def _to_ms(moment: dt.datetime) -> int:
    return int(moment.timestamp() * 1000)


def _to_text(answer: Any) -> Any:
    """Return a script's answer with its texts as text, whatever the client makes of them."""
    if isinstance(answer, list):
        return [_to_text(part) for part in answer]
    return answer.decode() if isinstance(answer, bytes) else answer
