"""Finding, owning and ending processes. What only Linux offers is skipped elsewhere."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NoReturn

PROC = Path("/proc")
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
PR_GET_CHILD_SUBREAPER = 37


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def die_with_parent() -> None:
    """Ask the kernel for SIGTERM when the parent dies, even by kill -9. Usable as `preexec_fn`."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def adopt_orphans() -> None:
    """Become the parent of descendants whose parent dies, so `list_descendants` still finds them."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def _adopts_orphans() -> bool:
    answer = ctypes.c_int(0)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_GET_CHILD_SUBREAPER, ctypes.byref(answer), 0, 0, 0)
    return bool(answer.value)


def read_blocked_signals(pid: int) -> int:
    """Return the bit mask of signals a process blocks; 0 where that cannot be read."""
    try:
        status = (PROC / str(pid) / "status").read_text()
    except OSError:
        return 0
    masks = [line.split()[1] for line in status.splitlines() if line.startswith("SigBlk:")]
    return int(masks[0], 16) if masks else 0


def is_alive(pid: int) -> bool:
    """Say whether a process runs; one that ended but was not yet waited for does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return not PROC.exists()


def find_server(*, names: Sequence[str], directory: Path) -> int | None:
    """Return the pid of the server program, called one of `names`, that works in `directory`.

    The directory tells a server of this checkout from every other one: unlike a pid file it cannot be stale.
    """
    if not directory.is_dir():
        return None
    finder = _find_in_proc if (PROC / "self" / "cwd").exists() else _find_with_ps
    return finder(names, directory)


def _find_in_proc(names: Sequence[str], directory: Path) -> int | None:
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if (entry / "comm").read_text().strip() in names and (entry / "cwd").samefile(directory):
                return int(entry.name)
        except OSError:  # ended meanwhile, or someone else's
            continue
    return None


def _find_with_ps(names: Sequence[str], directory: Path) -> int | None:
    listing = subprocess.run(["ps", "-axo", "pid=,command="], capture_output=True, text=True, check=False)
    for line in listing.stdout.splitlines():
        pid, _, command = line.strip().partition(" ")
        if str(directory) in command and any(name in command for name in names):
            return int(pid)
    return None


def list_descendants(root: int) -> list[int]:
    """Return the pids of all processes below `root`, children first."""
    parents: dict[int, list[int]] = {}
    for entry in PROC.iterdir() if PROC.exists() else ():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            parents.setdefault(parent, []).append(int(entry.name))
    found: list[int] = []
    waiting = list(parents.get(root, ()))
    while waiting:
        pid = waiting.pop(0)
        found.append(pid)
        waiting.extend(parents.get(pid, ()))
    return found


def reap_children() -> None:
    """Collect the exit status of every child that has ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def wait_until(condition: Callable[[], bool], *, seconds: float, step: float = 0.05) -> bool:
    """Look at a condition until it holds; say whether it did within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(step)
    return True


def end_descendants(*, seconds: float) -> list[int]:
    """End every process below this one, with SIGTERM and after `seconds` with SIGKILL; return their pids."""
    leftover = [pid for pid in list_descendants(os.getpid()) if is_alive(pid)]
    signal_all(leftover, signal.SIGTERM)

    def all_gone() -> bool:
        reap_children()
        return not any(is_alive(pid) for pid in leftover)

    if leftover and not wait_until(all_gone, seconds=seconds):
        signal_all([*leftover, *list_descendants(os.getpid())], signal.SIGKILL)
        wait_until(all_gone, seconds=5)
    return leftover


def signal_all(pids: Sequence[int], signum: int) -> None:
    """Send a signal to each process that still exists and is ours."""
    for pid in pids:
        try:
            os.kill(pid, signum)
        except (ProcessLookupError, PermissionError):
            continue


def signal_group(pid: int, signum: int) -> None:
    """Send a signal to the process group a child leads."""
    try:
        os.killpg(pid, signum)
    except (ProcessLookupError, PermissionError):
        return


def start_detached(argv: Sequence[str], *, directory: Path, log: Path) -> None:
    """Start a server in `directory` that outlives this process; its output is appended to `log`."""
    adopts = _adopts_orphans()
    # Cancelled half-way, we would look for a server to stop before there is one.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        if adopts:  # else it would become ours, and end with us under its other users
            _prctl(PR_SET_CHILD_SUBREAPER, 0)
        child = os.fork()
        if child == 0:
            _become_server(argv, directory, log, signals=before)
        os.waitpid(child, 0)
    finally:
        if adopts:
            adopt_orphans()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _become_server(
    argv: Sequence[str], directory: Path, log: Path, *, signals: Iterable[signal.Signals | int]
) -> NoReturn:
    try:  # in between, so that the server belongs to init and to no terminal
        os.setsid()
        signal.pthread_sigmask(signal.SIG_SETMASK, signals)
        with log.open("ab") as output:
            subprocess.Popen(
                argv,
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
    finally:
        os._exit(0)
