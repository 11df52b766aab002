"""Celery beat that keeps the deadline when its broker does not.

Beat normally hands due tasks to workers through Redis. While Redis is away it runs them itself: an unpaid
order must not hold its stock any longer because a cache server is down.
"""

import logging
import threading
import time
from typing import Any, Final

from celery.beat import PersistentScheduler, ScheduleEntry
from django.db import connections
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

# A broker that takes connections and then says nothing must not cost beat the time between two sweeps.
_ANSWER_SECONDS: Final = 1
_ASK_AGAIN_SECONDS: Final = 10


class BrokerOptionalScheduler(PersistentScheduler):
    """Sends tasks to the broker, or runs them here when it cannot be reached."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._running: dict[str, threading.Thread] = {}
        self._ask_again_at = 0.0
        self.app.conf.broker_transport_options = {
            **self.app.conf.broker_transport_options,
            "socket_timeout": _ANSWER_SECONDS,
        }

    @property
    def producer(self) -> Any:
        """None: beat would wait for a kept connection before every tick, and do nothing meanwhile."""
        return None

    def apply_async(
        self,
        entry: ScheduleEntry,
        producer: Any = None,
        advance: bool = True,  # noqa: FBT001, FBT002 - Celery's signature
        **kwargs: Any,
    ) -> Any:
        """Send one due task. If the broker refuses, run it here and return the thread that does."""
        due: Any = self.reserve(entry) if advance else entry
        task = self.app.tasks[due.task]
        if time.monotonic() >= self._ask_again_at:
            try:
                return task.apply_async(due.args, due.kwargs, retry=False, **due.options)
            except (OperationalError, OSError) as error:
                logger.warning("the broker cannot be reached: %s", error)
                self._ask_again_at = time.monotonic() + _ASK_AGAIN_SECONDS
        logger.warning("running %s here", due.task)
        return self._run_here(task, due)

    def _run_here(self, task: Any, due: Any) -> threading.Thread:
        # Each in a thread of its own: a gateway that answers slowly must not hold up the sweep.
        thread = self._running.get(due.task)
        if thread is None or not thread.is_alive():
            # Tasks may be cut off anywhere, so nobody has to wait for them when beat ends.
            thread = threading.Thread(target=_run, args=(task, due), name=due.task, daemon=True)
            self._running[due.task] = thread
            thread.start()
        return thread


def _run(task: Any, due: Any) -> None:
    try:
        task.apply(due.args, due.kwargs)
    finally:
        connections.close_all()
