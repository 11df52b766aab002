"""Who uses the private servers: the last user out stops them."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from scripts.locks import HeldFile, hold_lock, try_hold


class LeaseBook:
    """The users of the private servers, a locked file each, in one directory.

    Leases are taken and dropped under one short lock, so a server is never stopped while somebody arrives:
    who arrives later finds it stopped and starts it again.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._keep = directory / "keep"
        self._halt = directory / "halt"
        directory.mkdir(exist_ok=True)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with hold_lock(self._directory / "lock", waiting_for="the private servers to stop"):
            yield

    @contextlib.contextmanager
    def hold(self, *, user: str, stop: Callable[[], None]) -> Iterator[None]:
        """Use the servers for the length of the block; `stop` is called if nobody else does afterwards."""
        with self._locked():
            lease = self._take(user)
            self._halt.unlink(missing_ok=True)
        try:
            yield
        finally:
            with self._locked():
                lease.path.unlink(missing_ok=True)
                lease.close()
                if not self._list_users() and not self._keep.exists():
                    stop()

    def _take(self, user: str) -> HeldFile:
        lease = try_hold(self._directory / f"{os.getpid()}.lease", content=f"{user}, process {os.getpid()}")
        if lease is None:
            raise RuntimeError("a process takes one lease only")
        return lease

    def _list_users(self) -> list[str]:
        users = []
        for path in sorted(self._directory.glob("*.lease")):
            held = try_hold(path) if path.exists() else None
            if held is None:
                users.append(path.read_text())
            else:  # its holder was killed
                path.unlink()
                held.close()
        return users

    def keep_servers(self) -> None:
        """Let the servers run on after their last user until `release_servers`."""
        self._keep.touch()

    def are_halted(self) -> bool:
        """Say whether the servers were stopped on purpose under their users, and nobody came since."""
        return self._halt.exists()

    def release_servers(self, *, stop: Callable[[], None], force: bool) -> list[str]:
        """Stop the servers unless they are in use; return who uses them. `force` stops them all the same."""
        with self._locked():
            self._keep.unlink(missing_ok=True)
            users = self._list_users()
            if force and users:
                self._halt.touch()  # first: their keepers must not take it for a crash
            if force or not users:
                stop()
            return users
