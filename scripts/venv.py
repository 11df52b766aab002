"""The virtual environment: made when missing or broken, filled when the pinned requirements changed."""

import hashlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts import paths
from scripts.commands import run_logged
from scripts.console import say

RUNTIME = "requirements.txt"
DEVELOPMENT = "requirements-dev.txt"


def is_current(*, dev: bool) -> bool:
    """Say whether the virtual environment works and holds exactly what the requirement files ask for."""
    # What tests need includes what the shop needs.
    enough = (True,) if dev else (False, True)
    return any(_has_stamp(_list_files(dev=choice)) for choice in enough) and _works()


def ensure_venv(*, dev: bool) -> None:
    """Make the virtual environment current; `dev` adds what tests and checks need."""
    if is_current(dev=dev):
        return
    if not _works() or _has_moved():
        make_venv()
    names = _list_files(dev=dev)
    say("installing the pinned requirements (a minute or two the first time)")
    _stamp(names[-1]).unlink(missing_ok=True)
    requirements = [part for name in names for part in ("-r", name)]
    run_logged(
        [paths.VENV_PYTHON, "-m", "pip", "install", "--no-input", "--require-hashes", *requirements],
        log="pip.log",
        failure="pip could not install the requirements",
    )
    _stamp(names[-1]).write_text(_fingerprint(names))


def make_venv() -> None:
    """Make an empty virtual environment in place of what is there."""
    say("creating the virtual environment .venv")
    if paths.VENV.is_symlink():  # --clear would empty what it leads to
        paths.VENV.unlink()
    run_logged(
        [sys.executable, "-m", "venv", "--clear", paths.VENV],
        log="venv.log",
        failure="the virtual environment could not be created",
    )


def _list_files(*, dev: bool) -> Sequence[str]:
    return (RUNTIME, DEVELOPMENT) if dev else (RUNTIME,)


def _stamp(name: str) -> Path:
    return paths.VENV / f".installed-{name}"


def _has_stamp(names: Sequence[str]) -> bool:
    try:
        return _stamp(names[-1]).read_text() == _fingerprint(names)
    except OSError:
        return False


def _fingerprint(names: Sequence[str]) -> str:
    # The place counts: programs in a virtual environment name it by its full path.
    digest = hashlib.sha256(str(paths.VENV).encode())
    for name in names:
        digest.update((paths.ROOT / name).read_bytes())
    return digest.hexdigest()


def _works() -> bool:
    if not paths.VENV_PYTHON.exists():
        return False
    question = "import sys, pip; sys.exit(sys.version_info < (3, 11) or sys.prefix == sys.base_prefix)"
    try:
        answer = subprocess.run(
            [paths.VENV_PYTHON, "-c", question], capture_output=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0


def _has_moved() -> bool:
    try:
        head = (paths.VENV / "bin" / "pip").read_text(errors="replace")[:500]
    except OSError:
        return True
    return str(paths.VENV) not in head
