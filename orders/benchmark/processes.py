"""Client processes: forked, collected, and never left behind."""

import multiprocessing
import os
import signal
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any

from orders.benchmark.clients import Gate, run_clients
from orders.benchmark.jobs import Job
from orders.benchmark.tally import Tally


class BenchmarkFailed(Exception):
    """A client could not do its work; the message says why."""


def run_processes(job: Job, shares: Sequence[range]) -> Tally:
    """Run a process for each share of the clients and return what all of them saw. Raises BenchmarkFailed.

    The caller has closed its connection.
    """
    context = multiprocessing.get_context("fork")
    gate = Gate(context, sum(len(share) for share in shares))
    started = []
    try:
        for number in range(len(shares)):
            inbox, outbox = context.Pipe(duplex=False)
            process = context.Process(target=_serve, args=(job, gate, shares, number, outbox), daemon=True)
            process.start()
            outbox.close()
            started.append((process, inbox))
        return _collect([inbox for _process, inbox in started])
    finally:
        for process, inbox in started:
            process.join(timeout=5)
            if process.is_alive():
                process.kill()
                process.join()
            inbox.close()


def _collect(inboxes: Sequence[Connection]) -> Tally:
    total, problems = Tally(), []
    for inbox in inboxes:
        try:
            answer: Any = inbox.recv()
        except EOFError:
            answer = "a client process died"
        if isinstance(answer, Tally):
            total.add(answer)
        else:
            problems.append(str(answer))
    if problems:
        # The first cause; clients that only waited for the failed one say nothing new.
        raise BenchmarkFailed(next((p for p in problems if "BrokenBarrier" not in p), problems[0]))
    return total


def _serve(job: Job, gate: Gate, shares: Sequence[range], number: int, outbox: Connection) -> None:
    """Be one process of clients."""
    # Ctrl-C is the parent's to handle; it ends its children.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        outbox.send(run_clients(job, gate, process=number, processes=len(shares), numbers=shares[number]))
    except Exception as error:  # the parent reports it
        outbox.send(f"process {os.getpid()}: {error!r}")
    finally:
        outbox.close()
