"""Flat combining: concurrent requests for one hot row share a transaction.

The first request to arrive for a row leads: it takes along everyone who is queued for that row and has the
whole batch carried out at once. While the batch commits, the next requests queue up, and when it is done the
first of them leads. No timer is involved: a request that is alone waits for nobody, and batches grow with the
load.

After Hendler, Incze, Shavit and Tzafrir, "Flat combining and the synchronization-parallelism tradeoff", 2010.
"""

import threading
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

from inventory.contention import count
from inventory.errors import StockBusy

Work = TypeVar("Work")
Result = TypeVar("Result")


class BatchFailed(Exception):
    """The thread that led the batch was stopped; whether the work was carried out is not known."""


class _Member(Generic[Work, Result]):
    """One request in a queue, and the thread that waits for it."""

    __slots__ = ("has_lead", "outcome", "wake", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.wake = threading.Event()
        self.has_lead = False
        # What stays if the leader is stopped before it could say anything else.
        self.outcome: Result | Exception = BatchFailed()


class Combiner(Generic[Work, Result]):
    """Gathers work by key and runs it in batches, one batch of a key at a time.

    `run` gets the work of a batch in the order of arrival and returns a result or an exception for each, in
    that order. It is called in the thread of one of the requesters, without any lock held here.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Work]], Sequence[Result | Exception]],
        *,
        batch_limit: int,
        waiting_limit: int,
    ) -> None:
        self._run = run
        self._batch_limit, self._waiting_limit = batch_limit, waiting_limit
        self._lock = threading.Lock()
        # A key is in here exactly while somebody leads it.
        self._queues: dict[Hashable, deque[_Member[Work, Result]]] = {}

    def count_waiting(self, key: Hashable) -> int:
        """Return how many requests of a key wait for the batch after the one at work."""
        with self._lock:
            return len(self._queues.get(key, ()))

    def submit(self, key: Hashable, work: Work, *, patience_seconds: float) -> Result:
        """Have `work` carried out with others of its key and return its result, or raise its error.

        Raises StockBusy at once if too many wait already, or if no batch has taken the work on within
        `patience_seconds`; it is then not carried out. Raises BatchFailed if its batch was broken off from
        outside.
        """
        member: _Member[Work, Result] = _Member(work)
        with self._lock:
            queue = self._queues.get(key)
            if queue is None:
                self._queues[key] = deque()
                member.has_lead = True
            elif len(queue) < self._waiting_limit:
                queue.append(member)
            else:
                count("line_full")
                raise StockBusy("the line for a stock item is full")
        if not member.has_lead:
            self._wait(key, member, patience_seconds)
        if member.has_lead:
            self._lead(key, member)
        if isinstance(member.outcome, Exception):
            raise member.outcome
        return member.outcome

    def _wait(self, key: Hashable, member: _Member[Work, Result], patience_seconds: float) -> None:
        try:
            is_taken = member.wake.wait(patience_seconds) or not self._withdraw(key, member)
            if is_taken:
                # By a batch, or with the lead: woken soon, for no batch outlasts the database's patience.
                member.wake.wait()
        except BaseException:
            # This thread is being stopped. Left behind, its member would be given the lead and never take it.
            if not self._withdraw(key, member) and member.has_lead:
                self._pass_lead_on(key)
            raise
        if not is_taken:
            count("line_too_slow")
            raise StockBusy("the line for a stock item moves too slowly")

    def _withdraw(self, key: Hashable, member: _Member[Work, Result]) -> bool:
        with self._lock:
            queue = self._queues.get(key)
            if queue is None or member not in queue:
                return False
            queue.remove(member)
            return True

    def _lead(self, key: Hashable, leader: _Member[Work, Result]) -> None:
        with self._lock:
            queue = self._queues[key]
            followers = [queue.popleft() for _ in range(min(len(queue), self._batch_limit - 1))]
        batch = [leader, *followers]
        try:
            outcomes = self._run([member.work for member in batch])
            for member, outcome in zip(batch, outcomes, strict=True):
                member.outcome = outcome
        finally:
            self._pass_lead_on(key)
            for member in followers:
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
