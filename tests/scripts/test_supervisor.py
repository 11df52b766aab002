"""Programs side by side: restarted when they die, and gone when their supervisor is told to stop."""

import contextlib
import os
import re
import signal
from pathlib import Path

import pytest

from scripts import processes
from scripts.paths import ROOT
from tests.scripts.programs import read_until, start, start_python

SUPERVISOR = """
import sys
from scripts import console, signals
from scripts.supervisor import Program, Supervisor

def main():
    signals.raise_on_signals()
    programs = [Program(f"p{n}", [sys.executable, "-c", source]) for n, source in enumerate(sys.argv[1:])]
    Supervisor(programs, __import__("os").environ).run(
        is_ready=lambda: True, ready_seconds=5, announce=lambda: console.show("ready"))

console.run_main(main)
"""
PATIENT = "import os, signal; print('pid', os.getpid(), '.'); signal.pause()"
STUBBORN = (
    "import os, signal, subprocess, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "child = subprocess.Popen(['sleep', '1000'], start_new_session=True);"
    "print('pid', os.getpid(), 'child', child.pid, '.');"
    "[signal.pause() for _ in range(1000)]"
)
MORTAL = "print('last words'); raise SystemExit(3)"


def read_pids(line: str) -> list[int]:
    return [int(number) for number in re.findall(r"(?:pid|child) (\d+)", line)]


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_stopping_signal_ends_every_program(signum: signal.Signals) -> None:
    with start_python(SUPERVISOR, PATIENT) as supervisor:
        (pid,) = read_pids(read_until(supervisor, "pid"))

        supervisor.send_signal(signum)
        supervisor.communicate(timeout=20)

    assert not processes.is_alive(pid)


@pytest.mark.skipif(not processes.PROC.exists(), reason="orphans are found through /proc")
def test_a_program_that_ignores_sigterm_and_its_runaway_child_are_killed() -> None:
    with start_python(SUPERVISOR.replace("def main", "from scripts import supervisor\n"
        "supervisor.STOP_SECONDS = 0.2\ndef main"), STUBBORN) as supervisor:  # fmt: skip
        pids = read_pids(read_until(supervisor, "child"))

        supervisor.send_signal(signal.SIGTERM)
        supervisor.communicate(timeout=20)

    assert [pid for pid in pids if processes.is_alive(pid)] == []


def test_a_program_that_dies_is_started_again() -> None:
    with start_python(SUPERVISOR, PATIENT) as supervisor:
        (first,) = read_pids(read_until(supervisor, "pid"))

        os.kill(first, signal.SIGKILL)

        read_until(supervisor, "p0 was killed by signal 9; starting it again")
        (second,) = read_pids(read_until(supervisor, "pid"))
        assert second != first


def test_a_program_that_dies_at_once_every_time_ends_the_run_with_its_last_words() -> None:
    with start_python(SUPERVISOR, PATIENT, MORTAL) as supervisor:
        (pid,) = read_pids(read_until(supervisor, "pid"))
        said, _ = supervisor.communicate(timeout=30)

    assert supervisor.returncode == 1
    assert "p1 ended with exit status 3, again and again at once. It said last:\n  last words" in said
    assert not processes.is_alive(pid)


@pytest.mark.skipif(not processes.PROC.exists(), reason="needs Linux")
def test_programs_end_when_their_supervisor_is_killed() -> None:
    with start_python(SUPERVISOR, PATIENT) as supervisor:
        (pid,) = read_pids(read_until(supervisor, "pid"))

        supervisor.kill()
        supervisor.wait()

        assert processes.wait_until(lambda: not processes.is_alive(pid), seconds=10)


@pytest.mark.skipif(not processes.PROC.exists(), reason="make's state is read from /proc")
@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_signal_to_make_alone_stops_what_make_started(signum: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "recipe.py").write_text(
        "import os, signal\nfrom scripts import console, signals\n"
        "def main():\n signals.raise_on_signals()\n print('pid', os.getpid())\n signal.pause()\n"
        "try:\n console.run_main(main)\nfinally:\n print('cleaned up')\n"
    )
    (tmp_path / "Makefile").write_text("run:\n\t@exec python3 recipe.py\n")
    with start(["make", "-C", str(tmp_path), "run"]) as make:
        (pid,) = read_pids(read_until(make, "pid"))

        make.send_signal(signum)

        read_until(make, "cleaned up")
        assert processes.wait_until(lambda: not processes.is_alive(pid), seconds=10)


def test_help_is_there_for_every_script() -> None:
    modules = [
        "bench",
        "check",
        "ci",
        "docs",
        "doctor",
        "down",
        "manage",
        "requirements",
        "run",
        "setup",
        "test",
    ]
    with contextlib.ExitStack() as stack:
        started = [
            stack.enter_context(start(["sh", str(ROOT / "scripts" / "start"), module, "--help"]))
            for module in modules
        ]
        for process in started:
            said, _ = process.communicate(timeout=60)
            assert process.returncode == 0, said
            assert said.startswith("usage:"), said
