"""Flat combining: concurrent requests for one hot row share a transaction.

The first request to arrive for a row leads: it takes along everyone who is queued for that row and has the
whole batch carried out at once. While the batch commits, the next requests queue up, and when it is done
the first of them leads. No timer is involved: a request that is alone waits for nobody, and batches grow
with the load.

After Hendler, Incze, Shavit and Tzafrir, "Flat combining and the synchronization-parallelism tradeoff", 2010.
"""

import threading
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

from inventory.errors import StockBusy

Work = TypeVar("Work")
Result = TypeVar("Result")


class _Member(Generic[Work, Result]):
    """One request in a queue, and the thread that waits for it."""

    __slots__ = ("error", "has_lead", "result", "wake", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.wake = threading.Event()
        self.has_lead = False
        self.result: Result | None = None
        self.error: BaseException | None = None

    def finish(self) -> Result:
        if self.error is not None:
            raise self.error
        return self.result  # type: ignore[return-value]


class Combiner(Generic[Work, Result]):
    """Gathers work by key and runs it in batches, one batch of a key at a time.

    `run` gets the work of a batch in the order of arrival and returns a result or an exception for each, in
    that order. It is called in the thread of one of the requesters, without any lock held here.
    """

    def __init__(
        self, run: Callable[[Sequence[Work]], Sequence[Result | BaseException]], *, batch_limit: int
    ) -> None:
        self._run = run
        self._batch_limit = batch_limit
        self._lock = threading.Lock()
        # A key is in here exactly while somebody leads it.
        self._queues: dict[Hashable, deque[_Member[Work, Result]]] = {}

    def submit(self, key: Hashable, work: Work, *, patience_seconds: float) -> Result:
        """Have `work` carried out with others of its key and return its result, or raise its error.

        Raises StockBusy if no batch has taken the work on within `patience_seconds`; it is then not carried
        out.
        """
        member: _Member[Work, Result] = _Member(work)
        with self._lock:
            queue = self._queues.get(key)
            if queue is None:
                self._queues[key] = deque()
                member.has_lead = True
            else:
                queue.append(member)
        if not member.has_lead:
            self._wait(key, member, patience_seconds)
        if member.has_lead:
            self._lead(key, member)
        return member.finish()

    def _wait(self, key: Hashable, member: _Member[Work, Result], patience_seconds: float) -> None:
        if member.wake.wait(patience_seconds):
            return
        with self._lock:
            queue = self._queues.get(key)
            if queue is not None and member in queue:
                queue.remove(member)
                raise StockBusy("too many wait for the same stock item")
        # A batch has taken it on, or the lead has just been passed to it: either will wake it, bounded by
        # the database.
        member.wake.wait()

    def _lead(self, key: Hashable, leader: _Member[Work, Result]) -> None:
        with self._lock:
            queue = self._queues[key]
            followers = [queue.popleft() for _ in range(min(len(queue), self._batch_limit - 1))]
        batch = [leader, *followers]
        try:
            outcomes = self._run([member.work for member in batch])
        except BaseException as error:
            outcomes = [error] * len(batch)
            raise
        finally:
            self._pass_lead_on(key)
            for member, outcome in zip(batch, outcomes, strict=True):
                if isinstance(outcome, BaseException):
                    member.error = outcome
                else:
                    member.result = outcome
                member.wake.set()

    def _pass_lead_on(self, key: Hashable) -> None:
        with self._lock:
            queue = self._queues[key]
            if not queue:
                del self._queues[key]
                return
            successor = queue.popleft()
            successor.has_lead = True
        successor.wake.set()
