"""Turn the signals that end a run into one exception, also where make swallows them."""

import os
import signal
import time
from types import FrameType

from scripts import processes
from scripts.console import Cancelled

POLL_SECONDS = 0.5
# A signal to the whole group reaches us twice when make passes its own on; that is one wish, not two.
SAME_WISH_SECONDS = 1.0
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_last_raised = float("-inf")


def raise_on_signals() -> None:
    """Raise `Cancelled` in the main thread for SIGINT, SIGTERM and SIGHUP (unless `nohup` has it ignored).

    Started by make, a process is also stopped when make is: GNU make, sent SIGINT or SIGHUP alone, waits for
    its recipe without passing the signal on, so make's own signal state is watched.
    """
    for signum in STOPPING:
        if signum == signal.SIGHUP and signal.getsignal(signum) is signal.SIG_IGN:
            continue
        signal.signal(signum, _cancel)
    if "MAKELEVEL" in os.environ:
        processes.die_with_parent()
        signal.signal(signal.SIGALRM, _look_at_make)
        signal.setitimer(signal.ITIMER_REAL, POLL_SECONDS, POLL_SECONDS)


def ignore_signals() -> None:
    """Let the last steps of cleaning up finish: signals are ignored from here on."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    for signum in STOPPING:
        signal.signal(signum, signal.SIG_IGN)


def _cancel(signum: int, _frame: FrameType | None) -> None:
    _raise_once(Cancelled(signum, from_terminal=signum == signal.SIGINT))


def _look_at_make(_signum: int, _frame: FrameType | None) -> None:
    # make blocks a signal while its handler for it waits for the recipe.
    blocked = processes.read_blocked_signals(os.getppid())
    for signum in (signal.SIGINT, signal.SIGHUP):
        if blocked >> (signum - 1) & 1:
            _raise_once(Cancelled(signum))


def _raise_once(cancelled: Cancelled) -> None:
    global _last_raised  # noqa: PLW0603 - a signal handler has nowhere else to remember
    signal.setitimer(signal.ITIMER_REAL, 0)
    now = time.monotonic()
    if now - _last_raised < SAME_WISH_SECONDS:
        return
    _last_raised = now
    raise cancelled
