"""The database server's own share of the work, where its process can be seen."""

import os
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from django.db import connection

_SERVER_PROGRAMS: Final = ("mariadbd", "mysqld")
_TICKS: Final = os.sysconf("SC_CLK_TCK")
# Fields of /proc/<pid>/stat behind the name: state is 0.
_USER_TIME, _SYSTEM_TIME = 11, 12


def find_server_process() -> int | None:
    """Return the database server's process id, or None if it runs elsewhere or cannot be seen from here."""
    if not _is_local(str(connection.settings_dict["HOST"] or "localhost")):
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@pid_file, @@datadir, @@port")
        pid_file, folder, port = cursor.fetchone()
    with suppress(OSError, ValueError):
        pid = int(Path(folder, pid_file).read_text())
        # In a container its number there is not its number here.
        if _is_server(pid):
            return pid
    return _find_listener(int(connection.settings_dict["PORT"] or port))


def read_cpu_seconds(pid: int | None) -> float | None:
    """Return the CPU time that a process has taken so far, all its threads together."""
    if pid is None:
        return None
    with suppress(OSError, ValueError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[_USER_TIME]) + int(fields[_SYSTEM_TIME])) / _TICKS
    return None


class CpuWatch:
    """Reads a process's CPU time at two moments, in a thread of its own, whatever the clients are doing."""

    def __init__(self, pid: int | None, *, begin: float, end: float) -> None:
        self._pid, self._begin, self._end = pid, begin, end
        self._seconds: float | None = None
        self._thread = threading.Thread(target=self._run)
        if pid is not None:
            self._thread.start()

    def take_seconds(self) -> float | None:
        """Return what was taken between the moments, once the second has come."""
        if self._pid is not None:
            self._thread.join()
        return self._seconds

    def _run(self) -> None:
        time.sleep(max(0.0, self._begin - time.monotonic()))
        before = read_cpu_seconds(self._pid)
        time.sleep(max(0.0, self._end - time.monotonic()))
        after = read_cpu_seconds(self._pid)
        if before is not None and after is not None:
            self._seconds = after - before


def _is_local(host: str) -> bool:
    if host == "localhost" or host.startswith("/"):
        return True
    with suppress(OSError):
        return socket.gethostbyname(host).startswith("127.")
    return False


def _is_server(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip() in _SERVER_PROGRAMS
    return False


def _find_listener(port: int) -> int | None:
    sockets = _list_listening(port)
    for folder in Path("/proc").glob("[0-9]*"):
        if not _is_server(int(folder.name)):
            continue
        # Only its own user and root see what it has open.
        with suppress(OSError):
            if any(os.readlink(one) in sockets for one in (folder / "fd").iterdir()):
                return int(folder.name)
    return None


def _list_listening(port: int) -> set[str]:
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and fields[1].endswith(f":{port:04X}"):
                    found.add(f"socket:[{fields[9]}]")
    return found
