"""Keeping the private servers running while `make run` runs: one that dies is started again."""

import os
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from scripts.commands import read_tail
from scripts.console import StepFailed, say
from scripts.leases import LeaseBook
from scripts.locks import HeldFile, try_hold
from scripts.servers.base import PrivateServer
from scripts.supervisor import QUICK_DEATH_SECONDS, QUICK_DEATHS

LOOK_SECONDS = 1.0


class ServerKeeper:
    """Starts servers that died again, at the same place. Never waits, so programs are looked after meanwhile.

    What it starts belongs to no run: it goes on for the other users of the servers and stops with the last.
    """

    def __init__(self, servers: Sequence[PrivateServer], *, leases: LeaseBook, setup_lock: Path) -> None:
        self._servers = servers
        self._leases = leases
        self._setup_lock = setup_lock
        self._held: HeldFile | None = None
        self._starting: PrivateServer | None = None
        self._started_at: dict[str, float] = {}
        self._quick_deaths: Counter[str] = Counter()
        self._next_look = 0.0

    def look_after(self) -> None:
        """See whether the servers run, once a second. Raises `StepFailed` if one dies again and again."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + LOOK_SECONDS
        if self._starting is not None:
            self._see_it_start(self._starting)
            return
        dead = next((server for server in self._servers if server.find_pid() is None), None)
        if dead is not None:
            self._start(dead, now)

    def close(self) -> None:
        """Let others start servers, whatever is under way."""
        self._starting = None
        if self._held is not None:
            self._held.close()
            self._held = None

    def _see_it_start(self, server: PrivateServer) -> None:
        if server.answers_as_remembered():
            say(f"{server.title} runs again")
            self.close()
        elif server.find_pid() is None:
            self.close()

    def _start(self, server: PrivateServer, now: float) -> None:
        # The lock is kept until the server answers: another run that missed it too must not start a second.
        self._held = try_hold(self._setup_lock, content=str(os.getpid()))
        if self._held is None:  # a set-up or another run is at it
            return
        if server.find_pid() is not None or self._leases.are_halted():
            self.close()
            return
        self._count_death(server, now)
        say(f"{server.title} is gone; starting it again")
        self._starting = server
        self._started_at[server.title] = now
        server.launch_again()

    def _count_death(self, server: PrivateServer, now: float) -> None:
        lived = now - self._started_at.get(server.title, float("-inf"))
        self._quick_deaths[server.title] = (
            self._quick_deaths[server.title] + 1 if lived < QUICK_DEATH_SECONDS else 0
        )
        if self._quick_deaths[server.title] >= QUICK_DEATHS:
            raise StepFailed(
                f"{server.title} dies again and again. The end of {server.log}:\n{read_tail(server.log)}"
            )
