"""Take out every guard, one at a time, in a copy of the project, and see its tests fail.

Run with `make guards`, about ten minutes. Prints one line for each guard and exits 1 if one is not missed.
"""

import argparse
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.guards.guard import Guard
from tests.guards.guards import GUARDS

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".local", "__pycache__", ".*_cache")


def main() -> int:
    """Try the guards whose names contain the words given; return 1 if one is not missed."""
    parser = argparse.ArgumentParser(prog="make guards", description=__doc__)
    parser.add_argument("words", nargs="*", help="only guards whose names contain one of these")
    words = parser.parse_args().words
    chosen = [guard for guard in GUARDS if not words or any(word in guard.name for word in words)]
    unnoticed = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
        for guard in chosen:
            noticed, summary = try_without(guard, copy)
            unnoticed += not noticed
            print(f"{'noticed  ' if noticed else 'UNNOTICED'}  {guard.name}  ({summary})", flush=True)  # noqa: T201
    return 1 if unnoticed else 0


def try_without(guard: Guard, copy: Path) -> tuple[bool, str]:
    """Run a guard's tests without it; say whether one of them failed, and pytest's summary."""
    source = copy / guard.path
    original = source.read_text()
    if original.count(guard.text) != 1:
        return False, f"{guard.path} no longer has this guard's text exactly once"
    source.write_text(original.replace(guard.text, guard.without))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        *shlex.split(guard.tests),
    ]
    try:
        run = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=600)
    finally:
        source.write_text(original)
    # Exit 1 is "tests failed"; anything else (no tests, a broken import) proves nothing.
    found = re.findall(r"^\d+ .* in .*$|^no tests ran.*$|^ERROR.*$", run.stdout, re.MULTILINE)
    return run.returncode == 1 and " failed" in "".join(found), found[
        -1
    ] if found else f"exit {run.returncode}"


if __name__ == "__main__":
    sys.exit(main())
