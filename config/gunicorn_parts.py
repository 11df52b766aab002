"""Parts of the web server's worker (`config.gunicorn_worker`): threads, answers, its share of the crowd."""

import mmap
import queue
import threading
from collections.abc import Callable
from typing import Any, ClassVar, Final

from gunicorn.workers.gthread import TConn

# More worker processes than a machine has processors are of no use.
_MOST_WORKERS: Final = 256
_ABSENT: Final = 2**31 - 1
# So many more connections than another worker has are no reason yet to leave a newcomer to it.
_TOLERANCE: Final = 2
# It may be busy, or on its way out: then who asked first takes the newcomer after all.
_LEFT_IN_A_ROW: Final = 30


class AnswerSocket:
    """A connection's socket for the time of one answer: the head waits for the first of the body."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        # None once something was sent.
        self._head: bytes | None = b""

    def sendall(self, data: bytes) -> None:
        """Send, unless it is the head."""
        if self._head == b"":
            self._head = data
            return
        if self._head:
            data, self._head = self._head + data, None
        self._sock.sendall(data)

    def flush(self) -> None:
        """Send the head if nothing followed it."""
        head, self._head = self._head, None
        if head:
            self._sock.sendall(head)

    def sendfile(self, *args: Any, **kwargs: Any) -> Any:
        """Send a file, behind the head."""
        self.flush()
        return self._sock.sendfile(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        """Be the socket in all else."""
        return getattr(self._sock, name)


class Crew:
    """As many threads as were asked for, each serving one connection after the other.

    What an executor does beyond that, a future with its locks for each request, nobody asks for here. A
    process that ends does not wait for them: gunicorn's main loop has, as long as it is allowed to.
    """

    def __init__(self, size: int, serve: Callable[[Any], None]) -> None:
        self._serve = serve
        self._waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(size)]
        for thread in self._threads:
            thread.start()

    def take(self, conn: TConn) -> None:
        """Have a connection served by whoever is free first."""
        self._waiting.put(conn)

    def shutdown(self, *, wait: bool) -> None:
        """End each thread once it has served what waits."""
        for _thread in self._threads:
            self._waiting.put(None)
        for thread in self._threads if wait else ():
            thread.join()

    def _work(self) -> None:
        while (conn := self._waiting.get()) is not None:
            self._serve(conn)


class Share:
    """How many connections each worker process has, in memory that all of them see.

    Connections are kept, so who accepts them serves them for long: a worker that was first to wake would
    otherwise take a whole crowd and leave the others idle.
    """

    # Shared from before the fork.
    _counts: ClassVar["memoryview[int]"] = memoryview(mmap.mmap(-1, 4 * _MOST_WORKERS)).cast("i")
    for _place in range(_MOST_WORKERS):
        _counts[_place] = _ABSENT

    def __init__(self, age: int) -> None:
        self._own = age % _MOST_WORKERS
        self._left_in_a_row = 0

    def note(self, connections: int) -> None:
        """Tell the others how many connections this worker has."""
        self._counts[self._own] = connections

    def leaves_it_to_others(self) -> bool:
        """Say whether a newcomer is better served elsewhere."""
        if self._counts[self._own] - min(self._counts) <= _TOLERANCE or self._left_in_a_row >= _LEFT_IN_A_ROW:
            self._left_in_a_row = 0
            return False
        self._left_in_a_row += 1
        return True

    @classmethod
    def forget(cls, age: int) -> None:
        """Count a worker no more: it has ended."""
        cls._counts[age % _MOST_WORKERS] = _ABSENT
