"""The private Redis."""

import socket

from scripts import ports, state
from scripts.console import StepFailed
from scripts.servers.base import PrivateServer, find_program
from scripts.state import Endpoint

DATABASES = 64  # one for the shop, the others for test runs side by side
ANSWER_SECONDS = 2.0


class Redis(PrivateServer):
    """A Redis that keeps nothing on disk: it is never the truth, so an empty one must do at every start."""

    title = "Redis"
    programs = ("redis-server", "valkey-server")

    def make_url(self, endpoint: Endpoint, *, database: int = 0) -> str:
        """Return the URL of one of its numbered databases."""
        return f"redis://:{endpoint.password}@{ports.LOOPBACK}:{endpoint.port}/{database}"

    def initialise(self) -> None:
        """Create its working directory."""
        self.data.mkdir(exist_ok=True)

    def make_command(self, endpoint: Endpoint) -> list[str]:
        """Write the configuration (everyone sees a password on a command line) and return the command."""
        server = find_program(*self.programs)
        if server is None:
            raise StepFailed("no Redis server is installed; install one or set REDIS_URL")
        path = self.home / "redis.conf"
        settings = {
            "bind": ports.LOOPBACK,
            "port": endpoint.port,
            "requirepass": endpoint.password,
            "dir": f'"{self.data}"',
            "databases": DATABASES,
            "save": '""',
            "appendonly": "no",
            "daemonize": "no",
        }
        state.write_private(path, "".join(f"{name} {value}\n" for name, value in settings.items()))
        return [server, str(path)]

    def answers(self, endpoint: Endpoint) -> bool:
        """Say whether it takes our password and is the process we started."""
        pid = self.find_pid()
        if pid is None:
            return False
        answer = ask(endpoint, b"INFO server")
        return f"process_id:{pid}\r".encode() in answer

    def empty_database(self, number: int) -> None:
        """Forget everything in one numbered database of the running server."""
        endpoint = state.read_endpoint(self._endpoint_file)
        if endpoint:
            ask(endpoint, f"SELECT {number}".encode(), b"FLUSHDB")


def ask(endpoint: Endpoint, *commands: bytes) -> bytes:
    """Send plain commands after the password and return the raw answers; empty if there is no such server."""
    lines = [f"AUTH {endpoint.password}".encode(), *commands, b"QUIT"]
    answer = b""
    try:
        with socket.create_connection((ports.LOOPBACK, endpoint.port), timeout=ANSWER_SECONDS) as connection:
            connection.sendall(b"".join(line + b"\r\n" for line in lines))
            while part := connection.recv(65536):
                answer += part
    except OSError:
        return b""
    return answer
