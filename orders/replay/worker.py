"""What one worker process does: place orders from a shared queue until it is empty.

Worker processes are spawned, and a spawned process reaches this module before Django knows its apps: hence
the set-up between the imports.
"""

import multiprocessing
import queue
import random
import signal
import threading
import time
from dataclasses import dataclass
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from typing import Final

import django
from django.apps import apps

if not apps.ready:
    django.setup()

from django.db import close_old_connections, connection, connections
from django.utils import timezone

from inventory.errors import OutOfStock, StockBusy
from inventory.transactions import contention_counts
from orders.replay.types import Job, Outcome
from orders.services import place_order

# What a patient caller does with "busy": the same key again, a few times, about as late as it was told to.
_BUSY_ATTEMPTS: Final = 5
_BUSY_PAUSE_SECONDS: Final = 2.0
_POLL_SECONDS: Final = 5


@dataclass(frozen=True, slots=True)
class Post:
    """What a worker process is told: its database, its idempotency scope, how many threads to run."""

    database: str
    scope: str
    threads: int


def work(post: Post, jobs: "Queue[Job | None]", reports: "Queue[object]", go: Event) -> None:
    """Place orders in several threads; report None for each that is ready, then outcomes, then a Counter."""
    # Ctrl-C reaches the whole process group; the process that started this one ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connections.databases["default"]["NAME"] = post.database
    threads = [threading.Thread(target=_serve, args=(post, jobs, reports, go)) for _ in range(post.threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reports.put(contention_counts())


def _serve(post: Post, jobs: "Queue[Job | None]", reports: "Queue[object]", go: Event) -> None:
    try:
        connection.ensure_connection()
        reports.put(None)
        while not go.wait(_POLL_SECONDS):
            if _is_orphan():
                return
        while job := _take(jobs):
            reports.put(_place(job, post.scope))
    finally:
        connection.close()


def _take(jobs: "Queue[Job | None]") -> Job | None:
    while True:
        try:
            return jobs.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            if _is_orphan():
                return None


def _is_orphan() -> bool:
    parent = multiprocessing.parent_process()
    return parent is not None and not parent.is_alive()


def _place(job: Job, scope: str) -> Outcome:
    try:
        for attempt in range(_BUSY_ATTEMPTS):
            if attempt:
                # Those turned away together must not all come back together.
                time.sleep(random.uniform(0.5, 1) * _BUSY_PAUSE_SECONDS)  # noqa: S311 - jitter is no secret
            try:
                place_order(
                    draft=job.draft, idempotency_scope=scope, idempotency_key=job.key, now=timezone.now()
                )
            except StockBusy:
                continue
            return Outcome(job.key, "placed")
    except OutOfStock:
        return Outcome(job.key, "refused")
    except Exception as error:
        close_old_connections()
        return Outcome(job.key, "failed", repr(error)[:300])
    return Outcome(job.key, "busy")
