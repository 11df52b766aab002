"""The way to the database in a benchmark: slower if asked for, and with a stopwatch on claimed rows.

Every contender's connections pass here, `raw` included. A delay before each packet stands for a network with
that round-trip time, a delay before COMMIT for a disk, a binary log or replicas that take so long to confirm:
InnoDB keeps a row locked for both.
"""

import time
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import connection, connections
from MySQLdb.connections import Connection

ENGINE: Final = "orders.benchmark.wire"
SETTING: Final = "WIRE"


@dataclass(frozen=True, slots=True)
class Delays:
    """What every contender's connections add, in seconds."""

    packet: float = 0.0
    commit: float = 0.0


@dataclass(slots=True)
class Wire:
    """One process's connections: how slow they are, and how long each transaction held what it claimed."""

    delays: Delays = field(default_factory=Delays)
    # (moment at which COMMIT was answered, seconds since the claim was): appended to by many threads.
    holds: list[tuple[float, float]] = field(default_factory=list)


class MeteredConnection(Connection):
    """A driver connection that waits before it sends, and notes how long claimed rows are held.

    A row counts as held from the answer to the first claim of a transaction to the answer to its COMMIT, so
    what the client takes to send the COMMIT is part of it, and waiting for the row is not. Where both are in
    one packet, each is answered when it is done.
    """

    def __init__(self, *args: Any, wire: Wire, **kwargs: Any) -> None:
        self._wire = wire
        self._claimed_at: float | None = None
        # Answers still to come until the first claim's, and until the COMMIT's, of a packet that has both.
        self._until_claim = self._until_commit = 0
        super().__init__(*args, **kwargs)

    def query(self, query: bytes | bytearray) -> None:
        """Send a packet; every statement of every cursor passes here."""
        self._pause(self._wire.delays.packet)
        statements = bytes(query).split(b"; ")
        if statements[-1] == b"COMMIT" and any(map(_is_claim, statements)):
            self._until_claim = next(n for n, statement in enumerate(statements) if _is_claim(statement))
            statements[-1:] = self._slow_commit()
            self._until_commit = len(statements) - 1
            super().query(b"; ".join(statements))
            return
        super().query(query)
        if self._claimed_at is None and _is_claim(query):
            self._claimed_at = time.monotonic()

    def next_result(self) -> int:
        """Go on to the next statement's answer; -1 behind the last."""
        more: int = super().next_result()
        if self._until_commit:
            self._until_claim, self._until_commit = self._until_claim - 1, self._until_commit - 1
            if self._until_claim == 0:
                self._claimed_at = time.monotonic()
            if self._until_commit == 0:
                self._note_hold()
        return more

    def commit(self) -> None:
        """Send COMMIT, as late as a slow server would carry it out."""
        self._pause(self._wire.delays.packet + self._wire.delays.commit)
        super().commit()
        self._note_hold()

    def rollback(self) -> None:
        """Send ROLLBACK; what was claimed is nobody's any more."""
        self._pause(self._wire.delays.packet)
        self._claimed_at = None
        self._until_claim = self._until_commit = 0
        super().rollback()

    def _slow_commit(self) -> list[bytes]:
        # On the server, because it is there that the claimed row waits for a slow commit.
        delay = self._wire.delays.commit
        return [b"DO SLEEP(%f)" % delay, b"COMMIT"] if delay else [b"COMMIT"]

    def _note_hold(self) -> None:
        if self._claimed_at is not None:
            now = time.monotonic()
            self._wire.holds.append((now, now - self._claimed_at))
            self._claimed_at = None

    def _pause(self, seconds: float) -> None:
        if seconds:
            time.sleep(seconds)


def _is_claim(packet: bytes | bytearray) -> bool:
    # The claims are written by hand, without backticks; what the ORM writes to stock gives units back.
    return b"UPDATE inventory_stock" in packet or (
        packet.endswith(b"FOR UPDATE") and b"FROM inventory_stock" in packet
    )


def use_wire(wire: Wire) -> None:
    """Have every thread that connects from now on in this process, through Django or not, use this wire."""
    connection.close()
    connections.settings[connection.alias].update({"ENGINE": ENGINE, SETTING: wire})


def find_wire() -> Wire:
    """Return the wire in use; one without delays, that nobody reads, if there is none."""
    wire: Wire = connection.settings_dict.get(SETTING) or Wire()
    return wire
