"""The private servers a run needs: both, one or none, depending on which URLs the environment names."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from scripts import signals
from scripts.leases import LeaseBook
from scripts.servers.base import PrivateServer
from scripts.servers.mariadb import MariaDB
from scripts.servers.redis import Redis


class ServerPair:
    """The private servers below a directory, and the book of who uses them."""

    def __init__(self, local: Path) -> None:
        self.mariadb = MariaDB(local / "mariadb")
        self.redis = Redis(local / "redis")
        self.leases = LeaseBook(local / "leases")
        self._servers: dict[str, PrivateServer] = {"DATABASE_URL": self.mariadb, "REDIS_URL": self.redis}

    def list_missing(self, environment: Mapping[str, str]) -> list[str]:
        """Return the names of the URLs that the environment does not give."""
        return [name for name in self._servers if not environment.get(name)]

    def list_private(self, environment: Mapping[str, str]) -> list[PrivateServer]:
        """Return the servers that take the place of those the environment does not name."""
        return [self._servers[name] for name in self.list_missing(environment)]

    def start(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Start the servers the environment names no other for; return their URLs by variable name."""
        return {name: self._servers[name].start() for name in self.list_missing(environment)}

    @contextlib.contextmanager
    def hold(self, *, user: str) -> Iterator[None]:
        """Keep the servers from being stopped by others; stop them afterwards if nobody else uses them."""
        with self.leases.hold(user=user, stop=self.stop):
            try:
                yield
            finally:
                signals.ignore_signals()

    def stop(self) -> None:
        """Stop both servers, whoever uses them."""
        for server in self._servers.values():
            server.stop()
