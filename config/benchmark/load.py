"""An HTTP load generator: kept-alive connections, each asking again as soon as it has its answer.

One thread and one poller, because the generator shares the machine with what it measures: it costs some
30 microseconds a request. Times are of the machine's monotonic clock, in seconds.
"""

import contextlib
import select
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from config.benchmark.client import ANSWER_SECONDS, Answer, Client, LoadFailed

# Given the number of the attempt, 0 and up, the whole request as it goes over the wire.
MakeRequest = Callable[[int], bytes]


@dataclass(slots=True)
class HttpTally:
    """What was answered in the measured time.

    `broken` counts connections that ended before their answer; the request was then sent again, byte for
    byte, on a new one. `cpu_seconds` is what `read_cpu_seconds` grew by.
    """

    started_at: float = 0.0
    ended_at: float = 0.0
    cpu_seconds: float = 0.0
    broken: int = 0
    answers: list[Answer] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """How long the measured time was."""
        return self.ended_at - self.started_at

    def count_by_status(self) -> Counter[int]:
        """Return how many answers had each status."""
        return Counter(answer.status for answer in self.answers)

    def list_latencies(self, status: int) -> list[float]:
        """Return how long each answer with this status took, sorted, in seconds."""
        return sorted(answer.ended - answer.began for answer in self.answers if answer.status == status)

    def find_last(self, status: int) -> float:
        """Return when the last answer with this status came; the start if none did."""
        return max((a.ended for a in self.answers if a.status == status), default=self.started_at)


def measure_http(
    *,
    port: int,
    connections: int,
    make_request: MakeRequest,
    seconds: float | None = None,
    attempts: int | None = None,
    warm_up: float = 0.0,
    read_cpu_seconds: Callable[[], float] = lambda: 0.0,
    on_answer: Callable[[Answer], None] | None = None,
) -> HttpTally:
    """Ask a server on loopback for `seconds`, or `attempts` times, whichever ends first.

    `make_request` is called just before each attempt and should cost next to nothing. Answers that come
    in the `warm_up` seconds are left out of everything but `on_answer`, which sees each as it comes. Raises
    LoadFailed.
    """
    if seconds is None and attempts is None:
        raise ValueError("say when to stop: seconds, attempts, or both")
    load = _Load(port, make_request, attempts, on_answer)
    with contextlib.closing(load):
        load.open(connections)
        if warm_up:
            load.run_until(time.monotonic() + warm_up)
        tally = load.begin_tally()
        cpu_before = read_cpu_seconds()
        load.run_until(tally.started_at + seconds if seconds is not None else None)
        tally.ended_at = time.monotonic()
        tally.cpu_seconds = read_cpu_seconds() - cpu_before
        # What is under way is answered, and seen, before the connections close: nothing goes on behind us.
        load.finish()
    tally.answers = [answer for answer in tally.answers if answer.ended <= tally.ended_at]
    return tally


class _Load:
    def __init__(
        self,
        port: int,
        make_request: MakeRequest,
        attempts: int | None,
        on_answer: Callable[[Answer], None] | None,
    ) -> None:
        self._port, self._make_request, self._on_answer = port, make_request, on_answer
        self._left = attempts
        self._next_number = 0
        self._poller = select.epoll()
        self._all: list[Client] = []
        self._waiting: dict[int, Client] = {}
        self._idle: list[Client] = []
        self._tally = HttpTally()

    def open(self, connections: int) -> None:
        for _ in range(connections):
            self._all.append(Client(self._port))
        self._idle = list(self._all)

    def begin_tally(self) -> HttpTally:
        self._tally = HttpTally(started_at=time.monotonic())
        return self._tally

    def run_until(self, deadline: float | None) -> None:
        """Keep every client busy until then, or until there are no attempts left."""
        self._start_idle()
        while self._waiting and (deadline is None or time.monotonic() < deadline):
            self._read(may_ask_again=True)

    def finish(self) -> None:
        """Wait for the answers under way."""
        while self._waiting:
            self._read(may_ask_again=False)

    def close(self) -> None:
        for client in self._all:
            client.close()
        self._poller.close()

    def _start_idle(self) -> None:
        while self._idle and self._ask(self._idle[-1]):
            self._idle.pop()

    def _ask(self, client: Client) -> bool:
        if self._left is not None:
            if not self._left:
                return False
            self._left -= 1
        client.send(self._next_number, self._make_request(self._next_number))
        self._next_number += 1
        self._watch(client)
        return True

    def _watch(self, client: Client) -> None:
        descriptor = client.socket.fileno()
        if descriptor not in self._waiting:
            self._poller.register(descriptor, select.EPOLLIN)
        self._waiting[descriptor] = client

    def _forget(self, descriptor: int) -> None:
        self._poller.unregister(descriptor)
        del self._waiting[descriptor]

    def _read(self, *, may_ask_again: bool) -> None:
        events = self._poller.poll(ANSWER_SECONDS)
        if not events:
            raise LoadFailed(f"no answer in {ANSWER_SECONDS:.0f} s")
        for descriptor, _event in events:
            client = self._waiting[descriptor]
            try:
                data = client.socket.recv(65536)
            except ConnectionError:
                data = b""
            if not data:
                self._forget(descriptor)
                self._tally.broken += 1
                client.resend()
                self._watch(client)
                continue
            client.received += data
            if answer := client.take_answer():
                self._settle(descriptor, client, answer, may_ask_again=may_ask_again)

    def _settle(self, descriptor: int, client: Client, answer: Answer, *, may_ask_again: bool) -> None:
        self._tally.answers.append(answer)
        if self._on_answer:
            self._on_answer(answer)
        is_closed = client.is_closed_by_server
        if is_closed:
            self._forget(descriptor)
            client.reconnect()
        if not may_ask_again or not self._ask(client):
            if not is_closed:
                self._forget(descriptor)
            self._idle.append(client)
