"""Starting the workers together, collecting what they report, and leaving none behind."""

import multiprocessing
import queue
import time
from collections import Counter
from collections.abc import Callable, Sequence
from multiprocessing.context import SpawnProcess
from multiprocessing.queues import Queue
from typing import Final

from django.db import connection

from orders.replay.errors import ReplayFailed
from orders.replay.types import Job, Outcome, Race
from orders.replay.worker import Post, work

# Beyond this, workers share processes: starting one costs most of a second of CPU.
MAX_PROCESSES: Final = 8
# Longer than any order may take with all its retries; after that nothing will move again.
_STALL_SECONDS: Final = 120.0
_POLL_SECONDS: Final = 0.5

Progress = Callable[[int, int], None]


def race(*, jobs: Sequence[Job], workers: int, scope: str, on_progress: Progress) -> Race:
    """Have `workers` place all jobs, dealt from one queue in order; return when all are done.

    Raises ReplayFailed.
    """
    crew = _Crew(jobs, workers, scope, on_progress)
    try:
        return crew.run()
    finally:
        crew.dismiss()


class _Crew:
    def __init__(self, jobs: Sequence[Job], workers: int, scope: str, on_progress: Progress) -> None:
        context = multiprocessing.get_context("spawn")
        self._jobs: Queue[Job | None] = context.Queue()
        self._reports: Queue[object] = context.Queue()
        self._go = context.Event()
        self._total, self._workers, self._on_progress = len(jobs), workers, on_progress
        database = connection.settings_dict["NAME"]
        self._processes: list[SpawnProcess] = [
            context.Process(
                target=work,
                args=(Post(database, scope, threads), self._jobs, self._reports, self._go),
                daemon=True,
            )
            for threads in _share_out(workers)
        ]
        for job in (*jobs, *[None] * workers):
            self._jobs.put(job)

    def run(self) -> Race:
        for process in self._processes:
            process.start()
        # Nobody starts before everybody is connected: the orders are to meet, not to follow each other.
        for _worker in range(self._workers):
            self._next_report()
        self._go.set()
        started = finished = time.monotonic()
        outcomes: list[Outcome] = []
        contention: Counter[str] = Counter()
        homecomers = 0
        while homecomers < len(self._processes):
            report = self._next_report()
            if isinstance(report, Outcome):
                outcomes.append(report)
                finished = time.monotonic()
                self._on_progress(len(outcomes), self._total)
            elif isinstance(report, Counter):
                contention += report
                homecomers += 1
        return Race(outcomes, contention, finished - started)

    def dismiss(self) -> None:
        for process in self._processes:
            if process.is_alive():
                process.terminate()
        for process in self._processes:
            if process.pid is not None:
                process.join()
        self._jobs.cancel_join_thread()
        self._jobs.close()
        self._reports.close()

    def _next_report(self) -> object:
        give_up_at = time.monotonic() + _STALL_SECONDS
        while time.monotonic() < give_up_at:
            try:
                return self._reports.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                if any(process.exitcode for process in self._processes):
                    raise ReplayFailed("a worker process died; see above for its last words") from None
        raise ReplayFailed(f"no worker reported anything for {_STALL_SECONDS:.0f} s")


def _share_out(workers: int) -> list[int]:
    """Return how many threads each process gets."""
    processes = min(workers, MAX_PROCESSES)
    return [workers // processes + (index < workers % processes) for index in range(processes)]
