"""Small programs run beside a test, and waited for by what they say."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

from scripts.paths import ROOT


@contextlib.contextmanager
def start_python(source: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Run Python code in a process group of its own; whatever is left of it is killed afterwards."""
    with start([sys.executable, "-c", source, *map(str, arguments)]) as process:
        yield process


@contextlib.contextmanager
def start(argv: list[str]) -> Iterator[subprocess.Popen[str]]:
    """Run a program in a process group of its own; whatever is left of it is killed afterwards."""
    process = subprocess.Popen(
        argv,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def read_until(process: subprocess.Popen[str], text: str) -> str:
    """Read what a program says up to the line that contains `text`, and return that line."""
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if text in line:
            return line
    raise AssertionError(f"never said {text!r} but: {''.join(said)}")
