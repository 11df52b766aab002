"""Celery beat that keeps the deadline when its broker does not.

Beat normally hands due tasks to workers through Redis. While Redis is away it runs them itself: an unpaid order must not hold
its stock any longer because a cache server is down.
"""

import logging
from typing import Any

from celery.beat import PersistentScheduler, ScheduleEntry
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


class BrokerOptionalScheduler(PersistentScheduler):
    """Sends tasks to the broker, or runs them here when it cannot be reached."""

    @property
    def producer(self) -> None:
        """No connection is kept: beat would wait for the broker before every tick, and do nothing meanwhile."""
        return

    def apply_async(self, entry: ScheduleEntry, producer: Any = None, advance: bool = True, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002 - Celery's signature
        """Send one due task. Runs it in this process if the broker refuses."""
        if advance:
            entry = self.reserve(entry)
        task = self.app.tasks[entry.task]
        try:
            return task.apply_async(
                entry.args, entry.kwargs, retry=False, **entry.options
            )
        except (OperationalError, OSError) as error:
            logger.warning("the broker cannot be reached (%s); running %s here", error, entry.task)
            return task.apply(entry.args, entry.kwargs)
