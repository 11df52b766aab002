"""Worker processes that share a piece of work, as those of `make run` do."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

from django.db import connections


def share(work: Callable[[], int], *, workers: int) -> int:
    """Do the same work in several processes at once; return what their results add up to.

    `work` can be pickled. Each process connects to the database for itself.
    """
    # A connection belongs to one process.
    connections.close_all()
    with ProcessPoolExecutor(workers, multiprocessing.get_context("fork")) as pool:
        return sum(result.result() for result in [pool.submit(work) for _worker in range(workers)])
