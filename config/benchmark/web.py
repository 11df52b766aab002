"""The shop's web server, started as the Procfile starts it, on a port and a database of its own."""

import contextlib
import http.client
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

from config.benchmark.client import LOOPBACK

SETTINGS: Final = "config.benchmark.settings"
_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 15.0
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
# Fields of /proc/<pid>/stat, counted from behind the name: state is 0.
_PARENT, _USER_TIME, _SYSTEM_TIME, _REAPED_USER_TIME, _REAPED_SYSTEM_TIME = 1, 11, 12, 13, 14


class WebServerFailed(Exception):
    """The web server did not start; the message ends with what it said."""


@dataclass(frozen=True, slots=True)
class WebServer:
    """A running web server."""

    port: int
    pid: int
    log: Path

    def list_workers(self) -> list[int]:
        """Return the process ids of the processes that serve requests."""
        return sorted(pid for pid, fields in _read_processes().items() if int(fields[_PARENT]) == self.pid)

    def read_cpu_seconds(self) -> float:
        """Return the CPU time of the server and its workers so far, the dead ones included."""
        processes = _read_processes()
        own = processes[self.pid]
        ticks = int(own[_REAPED_USER_TIME]) + int(own[_REAPED_SYSTEM_TIME])
        for fields in (own, *(fields for fields in processes.values() if int(fields[_PARENT]) == self.pid)):
            ticks += int(fields[_USER_TIME]) + int(fields[_SYSTEM_TIME])
        return ticks / _TICKS

    def read_memory_bytes(self) -> int:
        """Return the resident memory of the server and its workers; shared pages count once for each."""
        pages = 0
        for pid in (self.pid, *self.list_workers()):
            pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * _PAGE_BYTES


@contextlib.contextmanager
def run_web_server(
    *, database: str, folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[WebServer]:
    """Run the shop on loopback against the database of this name, and the benchmark's own addresses.

    `folder` is for its log and its metrics. What `make run` sets for plain HTTP is set; `environment` comes
    on top. At the end it is stopped, in its own time first. Raises WebServerFailed.
    """
    port = _find_free_port()
    log = folder / "web.log"
    (folder / "metrics").mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - the Procfile is our own
            _read_command(),
            cwd=settings.BASE_DIR,
            env={**_make_environment(port, database, folder), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        _wait_until_it_answers(process, port, log)
        yield WebServer(port, process.pid, log)
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _read_command() -> list[str]:
    """Return the Procfile's command for the web, with the program that belongs to this Python."""
    lines = (settings.BASE_DIR / "Procfile").read_text().splitlines()
    program, *arguments = shlex.split(next(line for line in lines if line.startswith("web:"))[4:])
    return [str(Path(sys.executable).with_name(program)), *arguments]


def _make_environment(port: int, database: str, folder: Path) -> dict[str, str]:
    url = urlsplit(os.environ["DATABASE_URL"])
    return {
        **os.environ,
        "SECURE_COOKIES": "false",
        "ALLOWED_HOSTS": f"{LOOPBACK},localhost",
        "GUNICORN_LOG_LEVEL": "warning",
        "SITE_URL": f"http://{LOOPBACK}:{port}",
        "PORT": str(port),
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "PYTHONPATH": str(settings.BASE_DIR),
        "PROMETHEUS_MULTIPROC_DIR": str(folder / "metrics"),
        "DATABASE_URL": url._replace(path=f"/{database}").geturl(),
    }


def _find_free_port() -> int:
    with socket.create_server((LOOPBACK, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=_START_SECONDS)
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/healthz")
            if connection.getresponse().status == http.client.OK:
                return
        time.sleep(0.05)
    raise WebServerFailed(f"the web server does not answer:\n{log.read_text(errors='replace')[-2000:]}")


def _read_processes() -> dict[int, list[str]]:
    """Return the fields of /proc/<pid>/stat behind the name, by process id."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        # It may end while we look.
        with contextlib.suppress(OSError):
            found[int(folder.name)] = (folder / "stat").read_text().rpartition(") ")[2].split()
    return found
