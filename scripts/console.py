"""What the scripts say, and how they fail."""

import contextlib
import sys
from collections.abc import Callable


class StepFailed(Exception):
    """A step could not be done; the message says what to do about it.

    `status` is the exit status of the program that could not do it, if it was one.
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Cancelled(BaseException):
    """A signal asked this process to stop.

    `from_terminal`: it was a real SIGINT, which a terminal sends to every process of its foreground group.
    """

    def __init__(self, signum: int, *, from_terminal: bool = False) -> None:
        super().__init__(signum)
        self.signum = signum
        self.from_terminal = from_terminal


def say(text: str) -> None:
    """Print a line of progress. Goes to stderr: stdout is for what other programs read."""
    # A terminal that was closed must not stop the cleaning up.
    with contextlib.suppress(OSError):
        sys.stderr.write(f"holdfast: {text}\n")
        sys.stderr.flush()


def show(text: str) -> None:
    """Print a result to stdout."""
    with contextlib.suppress(OSError):
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


def run_main(main: Callable[[], int]) -> None:
    """Run a script's `main` and exit with its status; failures become a message, never a traceback."""
    try:
        status = main()
    except StepFailed as failure:
        say(str(failure))
        status = 1
    except PermissionError as error:
        say(f"no permission for {error.filename}: did another user (sudo) run make here? chown gives it back")
        status = 1
    except Cancelled as cancelled:
        say("stopped")
        status = 128 + cancelled.signum
    sys.exit(status)
