"""Running several programs side by side: their output, their restarts, their end."""

import os
import selectors
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from scripts import paths, processes, signals
from scripts.console import Cancelled, StepFailed, say, show

QUICK_DEATH_SECONDS = 10.0
QUICK_DEATHS = 3
RESTART_SECONDS = 1.0
STOP_SECONDS = 12.0
TAIL_LINES = 20


@dataclass(frozen=True, slots=True)
class Program:
    """Something to keep running, with the descriptors it inherits."""

    name: str
    argv: Sequence[str]
    descriptors: Sequence[int] = ()


class Child:
    """One program: the process that runs it now, and how its life went."""

    def __init__(self, program: Program, environment: Mapping[str, str]) -> None:
        self.program = program
        self.tail: deque[str] = deque(maxlen=TAIL_LINES)
        self.restart_at: float | None = None
        self._environment = environment
        self._unfinished = b""
        self._quick_deaths = 0
        self.start()

    def start(self) -> None:
        """Start the program in a process group of its own: Ctrl-C reaches only its supervisor."""
        self.restart_at = None
        self.at_end = False
        self._started = time.monotonic()
        self.output, inlet = os.pipe()
        os.set_blocking(self.output, False)
        self.process = subprocess.Popen(
            self.program.argv,
            cwd=paths.ROOT,
            env=dict(self._environment),
            stdin=subprocess.DEVNULL,
            stdout=inlet,
            stderr=subprocess.STDOUT,
            pass_fds=self.program.descriptors,
            start_new_session=True,
            preexec_fn=processes.die_with_parent,  # noqa: PLW1509 - there are no threads here
        )
        os.close(inlet)

    def read_lines(self) -> bool:
        """Print what the program wrote since; say whether it was anything."""
        try:
            text = os.read(self.output, 65536)
        except BlockingIOError:
            return False
        self.at_end = not text
        *lines, self._unfinished = (self._unfinished + text).split(b"\n")
        if self.at_end and self._unfinished:
            lines, self._unfinished = [self._unfinished], b""
        for line in lines:
            self.tail.append(line.decode(errors="replace"))
            show(f"{self.program.name:<6} | {self.tail[-1]}")
        return bool(text)

    def close(self) -> None:
        """Print the last words of a program that ended."""
        while self.read_lines():
            pass
        os.close(self.output)

    def bury(self) -> None:
        """Note its death and when to start it again. Raises `StepFailed` if it keeps dying at once."""
        processes.signal_group(self.process.pid, signal.SIGTERM)
        status = self.process.returncode
        lived = time.monotonic() - self._started
        self._quick_deaths = self._quick_deaths + 1 if lived < QUICK_DEATH_SECONDS else 0
        how = f"was killed by signal {-status}" if status < 0 else f"ended with exit status {status}"
        if self._quick_deaths >= QUICK_DEATHS:
            last = "\n".join(f"  {line}" for line in self.tail) or "  (nothing)"
            raise StepFailed(f"{self.program.name} {how}, again and again at once. It said last:\n{last}")
        say(f"{self.program.name} {how}; starting it again")
        self.restart_at = time.monotonic() + RESTART_SECONDS


class Supervisor:
    """Keeps programs running until this process is cancelled, and leaves no process behind."""

    def __init__(self, programs: Sequence[Program], environment: Mapping[str, str]) -> None:
        self._programs = programs
        self._environment = environment
        self._children: list[Child] = []
        self._selector = selectors.DefaultSelector()

    def run(
        self,
        *,
        is_ready: Callable[[], bool],
        ready_seconds: float,
        announce: Callable[[], None],
        look_around: Callable[[], None] = lambda: None,
    ) -> None:
        """Start all programs, call `announce` once `is_ready`, and keep them running until `Cancelled`.

        `look_around` is called again and again, to look after what the programs depend on.
        Raises `StepFailed` if they are not ready in time or one dies again and again.
        """
        processes.adopt_orphans()
        try:
            for program in self._programs:
                child = Child(program, self._environment)
                self._children.append(child)
                self._watch(child)
            self._wait_until_ready(is_ready, ready_seconds)
            announce()
            while True:
                self._look_after(seconds=0.5)
                look_around()
        finally:
            self._stop()

    def _wait_until_ready(self, is_ready: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not is_ready():
            if time.monotonic() > deadline:
                raise StepFailed(f"the shop did not answer within {seconds:.0f} s; see its output above")
            self._look_after(seconds=0.2)

    def _watch(self, child: Child) -> None:
        self._selector.register(child.output, selectors.EVENT_READ, child)

    def _look_after(self, *, seconds: float) -> None:
        self._read_output(seconds=seconds)
        for child in self._children:
            if child.process.poll() is None:
                continue
            if child.restart_at is None:
                if not child.at_end:
                    self._selector.unregister(child.output)
                child.close()
                child.bury()
            elif time.monotonic() >= child.restart_at:
                processes.signal_group(child.process.pid, signal.SIGKILL)
                child.start()
                self._watch(child)

    def _read_output(self, *, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            key.data.read_lines()
            if key.data.at_end:
                self._selector.unregister(key.fd)

    def _stop(self) -> None:
        say("stopping")
        try:
            self._end_gently()
        except Cancelled:
            say("ending everything at once")
        signals.ignore_signals()
        for child in self._children:
            processes.signal_group(child.process.pid, signal.SIGKILL)
            child.process.wait()
        processes.end_descendants(seconds=2)

    def _end_gently(self) -> None:
        for child in self._children:
            if child.process.poll() is None:
                child.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        while any(child.process.poll() is None for child in self._children) and time.monotonic() < deadline:
            self._read_output(seconds=0.1)
