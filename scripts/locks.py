"""Locks between processes, by flock: the kernel drops them when their holder dies, however it dies."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from scripts.console import say


@contextlib.contextmanager
def hold_lock(path: Path, *, waiting_for: str) -> Iterator[None]:
    """Hold an exclusive lock on a file; while another process has it, wait and say what for."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _try_lock(descriptor):
            holder = os.pread(descriptor, 100, 0).decode(errors="replace").strip()
            say(f"waiting for {waiting_for}" + (f" (process {holder})" if holder else ""))
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


class HeldFile:
    """A file locked for as long as this object is open."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    def close(self) -> None:
        """Give the lock up."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def try_hold(path: Path, *, content: str = "") -> HeldFile | None:
    """Lock a file and write `content` into it; `None` if another process has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if not _try_lock(descriptor):
        os.close(descriptor)
        return None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, content.encode(), 0)
    return HeldFile(path, descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def hold_slot(directory: Path, *, count: int) -> tuple[int, HeldFile] | None:
    """Take the lowest free number from 1 to `count`; it is ours until the file is closed."""
    directory.mkdir(exist_ok=True)
    for number in range(1, count + 1):
        held = try_hold(directory / str(number), content=str(os.getpid()))
        if held is not None:
            return number, held
    return None
