"""Celery beat that keeps the deadline when its broker does not.

Beat normally hands due tasks to workers through Redis. While Redis is away it runs them itself: an unpaid
order must not hold its stock any longer because a cache server is down.
"""

import logging
from typing import Any

from celery.beat import PersistentScheduler, ScheduleEntry
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


class BrokerOptionalScheduler(PersistentScheduler):
    """Sends tasks to the broker, or runs them here when it cannot be reached."""

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
        """Send one due task. Runs it in this process if the broker refuses."""
        due: Any = self.reserve(entry) if advance else entry
        task = self.app.tasks[due.task]
        try:
            return task.apply_async(due.args, due.kwargs, retry=False, **due.options)
        except (OperationalError, OSError) as error:
            logger.warning("the broker cannot be reached (%s); running %s here", error, due.task)
            return task.apply(due.args, due.kwargs)
