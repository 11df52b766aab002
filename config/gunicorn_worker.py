"""Gunicorn's threaded worker, with a limit to how long a client may keep a thread waiting, and less to do.

Gunicorn's own waits for ever for the rest of a request: as many half-sent requests as there are threads stop
the shop. A buffering proxy in front does this better (docs/operating.md); this is for when there is none.

What gunicorn does around a request takes longer than refusing an order. So the threads are plain ones
(`config.gunicorn_parts`), a thread hands its connection back to the poller itself instead of waking the main
loop to do it, and an answer's head leaves together with the first of its body. And the workers share the
connections out evenly.
"""

import contextlib
import errno
import selectors
import time
from concurrent.futures import Future
from functools import partial
from typing import Any, Final

from gunicorn import util
from gunicorn.http.message import Request
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn, ThreadWorker

from config.gunicorn_parts import AnswerSocket, Crew, Share

# How long a thread waits for a client's next bytes, and for a whole request on top of what its size excuses.
READ_SECONDS: Final = 10.0
SLOWEST_BYTES_PER_SECOND: Final = 10_000
WRITE_SECONDS: Final = 30.0
# A connection without its first byte goes to the poller after this, which costs no thread.
FIRST_BYTE_SECONDS: Final = 0.05
# How long a newcomer that is better served elsewhere is left to the others at a time.
LEFT_SECONDS: Final = 0.0005
# For a client to read an answer it did not wait for, while it was still sending.
LINGER_SECONDS: Final = 1.0


class ImpatientUnreader(SocketUnreader):
    """Reads a request from a socket until the client has kept a thread waiting for too long."""

    def __init__(self, sock: Any) -> None:
        super().__init__(sock)
        self.gave_up = False
        self._patience = READ_SECONDS

    def start_request(self) -> None:
        """Be patient again: a new request begins."""
        self._patience = READ_SECONDS

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Return the next bytes. Raises ConnectionResetError, from then on always, when patience ends."""
        usual = self.sock.gettimeout()
        limit = min(self._patience, READ_SECONDS if usual is None else min(usual, READ_SECONDS))
        if self.gave_up or limit <= 0:
            self._give_up()
        began = time.monotonic()
        self.sock.settimeout(limit)
        try:
            data: bytes = super().chunk(size_hint)
        except TimeoutError:
            self._give_up()
        finally:
            self.sock.settimeout(usual)
        self._patience += len(data) / SLOWEST_BYTES_PER_SECOND - (time.monotonic() - began)
        return data

    def _give_up(self) -> None:
        self.gave_up = True
        # The error of a client that went away: gunicorn and Django take it calmly.
        raise ConnectionResetError(errno.ECONNRESET, "the client took too long")


class ImpatientConnection(TConn):
    """A connection that is dropped when its client stalls, and that never keeps the main loop waiting."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.is_stalled = False
        self._is_ended = False

    def init(self) -> None:
        """Prepare for one request. Called in the thread that serves it."""
        super().init()
        if self.is_http2:
            return
        self.sock.settimeout(WRITE_SECONDS)
        if not isinstance(self.parser.unreader, ImpatientUnreader):
            unreader = ImpatientUnreader(self.sock)
            unreader.unread(self.parser.unreader.take_buffered())
            self.parser.unreader = unreader
        self.parser.unreader.start_request()

    def wait_for_data(self, timeout: float) -> bool:
        """Say whether the first byte came; soon, because a thread waits here."""
        return bool(super().wait_for_data(min(timeout, FIRST_BYTE_SECONDS)))

    def end(self) -> None:
        """Close the connection in the thread that served it, after a moment for the answer to be read."""
        unreader = getattr(self.parser, "unreader", None)
        self._is_ended = True
        if self.is_stalled or getattr(unreader, "gave_up", False):
            util.close(self.sock)
        else:
            with contextlib.suppress(OSError):
                util.close_graceful(self.sock, timeout=LINGER_SECONDS)

    def close(self, graceful: bool = False) -> None:  # noqa: FBT001, FBT002 - gunicorn's signature
        """Close the connection, in the main loop, unless it is closed."""
        if not self._is_ended:
            super().close(graceful)


class ImpatientWorker(ThreadWorker):
    """Threads that a slow or silent client occupies for seconds only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._share = Share(self.age)

    def notify(self) -> None:
        """Say that this worker is alive, and how many connections it has."""
        super().notify()
        self._share.note(self.nr_conns)

    def get_thread_pool(self) -> Crew:
        """Return the threads."""
        return Crew(self.cfg.threads, self._serve)

    def enqueue_req(self, conn: ImpatientConnection) -> None:
        """Have a connection served."""
        self.tpool.take(conn)

    def accept(self, listener: Any) -> None:
        """Accept a connection, unless another worker has fewer."""
        if self._share.leaves_it_to_others():
            # They have to wake up first, on a machine that may have no processor free.
            time.sleep(LEFT_SECONDS)
            return
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        self._share.note(self.nr_conns)
        self.enqueue_req(ImpatientConnection(self.cfg, client, address, listener.getsockname()))

    def handle(self, conn: ImpatientConnection) -> Any:
        """Serve one request and say whether to keep the connection."""
        keep = super().handle(conn)
        if keep is False:
            # Here, not in the main loop: that would accept nobody while a client does not hang up.
            conn.end()
        return keep

    def handle_request(self, req: Request, conn: ImpatientConnection) -> Any:
        """Answer one request."""
        try:
            return self._answer_whole(req, conn)
        except TimeoutError as error:
            conn.is_stalled = True
            raise ConnectionResetError(errno.ECONNRESET, "the client does not read") from error

    def _answer_whole(self, req: Request, conn: ImpatientConnection) -> Any:
        sock = conn.sock
        conn.sock = answer = AnswerSocket(sock)
        try:
            keep = super().handle_request(req, conn)
            answer.flush()
        finally:
            conn.sock = sock
        return keep

    def _serve(self, conn: ImpatientConnection) -> None:
        """Serve one request in a thread of the crew, and see to it that the connection goes on or ends."""
        keep: Any = False
        try:
            keep = self.handle(conn)
        except Exception:
            self.log.exception("Error serving a connection.")
        if keep is True and self._park(conn):
            return
        outcome: Future[Any] = Future()
        outcome.set_result(keep)
        self.method_queue.defer(self.finish_request, conn, outcome)

    def _park(self, conn: ImpatientConnection) -> bool:
        """Wait for the next request with the poller; say no if that is for the main loop to do.

        Appended before it is watched: as soon as it is, the main loop may take it from there.
        """
        if not self.alive or conn.parser.unreader.buf.getvalue():
            return False
        conn.sock.settimeout(0)
        conn.set_timeout()
        self.keepalived_conns.append(conn)
        try:
            watch = partial(self.on_client_socket_readable, conn)
            self.poller.register(conn.sock, selectors.EVENT_READ, watch)
        except (OSError, KeyError, ValueError):
            with contextlib.suppress(ValueError):
                self.keepalived_conns.remove(conn)
            return False
        return True

    def _keepalive_after(self, conn: ImpatientConnection, keepalive: Any) -> bool:
        # Of a body nobody read only what is there already is thrown away; waiting for the rest is not worth
        # a thread.
        return bool(keepalive) and bool(
            conn.parser.finish_body(deadline=time.monotonic() + FIRST_BYTE_SECONDS)
        )
