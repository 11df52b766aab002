"""Parts of the web server's worker (`config.gunicorn_worker`): its threads, and how they send an answer."""

import queue
import threading
from collections.abc import Callable
from typing import Any

from gunicorn.workers.gthread import TConn


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
