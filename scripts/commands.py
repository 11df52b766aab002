"""Running other programs."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from scripts import paths, processes
from scripts.console import Cancelled, StepFailed

TAIL_LINES = 15
GRACE_SECONDS = 5.0
CLEANING_SECONDS = 15.0


def run_logged(
    argv: Sequence[str | Path],
    *,
    log: str | Path,
    failure: str,
    env: Mapping[str, str] | None = None,
    terminal: bool = False,
) -> None:
    """Run a program with its output going to a file; a bare name means one in `.local/log/`.

    `terminal` leaves it on the controlling terminal (sudo asks for its password there); otherwise it gets a
    process group of its own and is ended with everything it started if this process is cancelled.
    Raises `StepFailed` with `failure` and the end of the output.
    """
    target = paths.LOGS / log
    with target.open("wb") as output:
        try:
            child = subprocess.Popen(
                [str(part) for part in argv],
                cwd=paths.ROOT,
                env=None if env is None else dict(env),
                stdin=None if terminal else subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=not terminal,
            )
        except OSError as error:
            raise StepFailed(f"{failure}: {error}") from error
        status = _wait(child)
    if status != 0:
        raise StepFailed(
            f"{failure} (exit status {status}). The end of {target}:\n{read_tail(target)}", status=status
        )


def _wait(child: subprocess.Popen[bytes]) -> int:
    try:
        return child.wait()
    except BaseException:
        _end(child)
        raise


def _end(child: subprocess.Popen[bytes]) -> None:
    leads_group = os.getpgid(child.pid) == child.pid if child.poll() is None else False
    send = processes.signal_group if leads_group else os.kill
    try:
        send(child.pid, signal.SIGTERM)
        child.wait(timeout=GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        send(child.pid, signal.SIGKILL)
        child.wait()
    except (ProcessLookupError, PermissionError):
        return


def run_shown(argv: Sequence[str | Path], *, env: Mapping[str, str], seconds: float | None = None) -> int:
    """Run a program on our own terminal and return its exit status.

    When this process is cancelled the program may clean up as on Ctrl-C. Raises `StepFailed` after `seconds`.
    """
    child = subprocess.Popen([str(part) for part in argv], cwd=paths.ROOT, env=dict(env))
    try:
        return child.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        _interrupt(child, already_told=False)
        raise StepFailed(
            f"{Path(argv[0]).name} was still running after {seconds:.0f} s and was ended"
        ) from None
    except Cancelled as cancelled:
        # On Ctrl-C the terminal tells the child too, and pytest takes a second SIGINT for "drop everything".
        _interrupt(child, already_told=cancelled.from_terminal)
        raise


def _interrupt(child: subprocess.Popen[bytes], *, already_told: bool) -> None:
    if not already_told:
        child.send_signal(signal.SIGINT)
    for patience, signum in ((CLEANING_SECONDS, signal.SIGTERM), (GRACE_SECONDS, signal.SIGKILL)):
        try:
            child.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            child.send_signal(signum)
    child.wait()


def read_tail(path: Path, lines: int = TAIL_LINES) -> str:
    """Return the last lines of a file, indented, for an error message."""
    try:
        text = path.read_text(errors="replace")
    except OSError:
        return "  (nothing)"
    return "\n".join(f"  {line}" for line in text.splitlines()[-lines:]) or "  (nothing)"
