"""The private MariaDB (or MySQL, where only that is installed)."""

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from scripts import ports, state
from scripts.commands import run_logged
from scripts.console import StepFailed, say
from scripts.servers.base import PrivateServer, find_program
from scripts.state import Endpoint

USER = "holdfast"
DATABASE = "shop"
MAX_SOCKET_PATH = 100  # the kernel allows 107 bytes
HANDSHAKE_SECONDS = 2.0
TOO_MANY_CONNECTIONS = b"\xff\x10\x04"
MEGABYTE = 1024 * 1024
SMALLEST_POOL, LARGEST_POOL = 128 * MEGABYTE, 1024 * MEGABYTE


class MariaDB(PrivateServer):
    """A durable database server for one checkout: a commit it confirmed survives a crash of the machine."""

    title = "MariaDB"
    programs = ("mariadbd", "mysqld")

    def make_url(self, endpoint: Endpoint) -> str:
        """Return the URL of the shop's database."""
        return f"mysql://{USER}:{endpoint.password}@{ports.LOOPBACK}:{endpoint.port}/{DATABASE}"

    def initialise(self) -> None:
        """Create the system tables beside their final place: half-made ones are never taken for whole."""
        self._remove_half_made()
        if self.data.is_dir():
            return
        say("creating a private database server under .local/mariadb")
        fresh = Path(tempfile.mkdtemp(prefix="data.new-", dir=self.home))
        # mariadb-install-db takes a path apart at its spaces, so it is given another way to the same place.
        with tempfile.TemporaryDirectory(prefix="holdfast-") as detour:
            link = Path(detour, "home")
            link.symlink_to(self.home, target_is_directory=True)
            run_logged(
                [*_find_installer(), f"--user={getpass.getuser()}", f"--datadir={link / fresh.name}"],
                log=self.home / "install.log",
                failure="the database server's system tables could not be created",
            )
        fresh.rename(self.data)

    def _remove_half_made(self) -> None:
        for leftover in self.home.glob("data.new-*"):
            shutil.rmtree(leftover)

    def make_command(self, endpoint: Endpoint) -> list[str]:
        """Return the server's command line. The account is put right by an init file at every start."""
        server = find_server_program()
        flavour = (
            [] if is_mariadb(server) else ["--mysqlx=OFF", "--secure-file-priv=NULL", "--disable-log-bin"]
        )
        return [
            server,
            "--no-defaults",
            f"--user={getpass.getuser()}",
            f"--datadir={self.data}",
            f"--socket={self._choose_socket()}",
            f"--pid-file={self.home / 'server.pid'}",
            f"--init-file={self._write_init_file(endpoint)}",
            f"--bind-address={ports.LOOPBACK}",
            f"--port={endpoint.port}",
            "--skip-name-resolve",
            "--max-connections=500",
            "--innodb-flush-log-at-trx-commit=1",
            f"--innodb-buffer-pool-size={choose_buffer_pool(read_memory())}",
            "--character-set-server=utf8mb4",
            *flavour,
        ]

    def _choose_socket(self) -> Path:
        path = self.home / "server.sock"
        if len(str(path).encode()) <= MAX_SOCKET_PATH:
            return path
        self._remove_distant_socket()
        folder = Path(tempfile.mkdtemp(prefix="holdfast-", dir="/tmp"))
        (self.home / "socket-folder").write_text(str(folder))
        return folder / "server.sock"

    def _remove_distant_socket(self) -> None:
        note = self.home / "socket-folder"
        if note.is_file():
            shutil.rmtree(note.read_text(), ignore_errors=True)
            note.unlink()

    def _write_init_file(self, endpoint: Endpoint) -> Path:
        account = f"'{USER}'@'{ports.LOOPBACK}'"
        path = self.home / "init.sql"
        state.write_private(
            path,
            f"CREATE USER IF NOT EXISTS {account};\n"
            f"ALTER USER {account} IDENTIFIED BY '{endpoint.password}';\n"
            f"GRANT ALL PRIVILEGES ON *.* TO {account};\n"
            f"CREATE DATABASE IF NOT EXISTS {DATABASE} CHARACTER SET utf8mb4;\n",
        )
        return path

    def answers(self, endpoint: Endpoint) -> bool:
        """Say whether the server greets a client, which it does after the init file was read."""
        return self.find_pid() is not None and greets(endpoint.port)

    def stop(self) -> None:
        """Stop the server and remove its socket."""
        super().stop()
        self._remove_distant_socket()


def choose_buffer_pool(memory: int) -> int:
    """Return how many bytes of the machine's `memory` the server may keep pages in: an eighth, within bounds.

    The default of 128 MB holds the indexes of a few hundred thousand orders; past that every order would wait
    for the disk.
    """
    return max(SMALLEST_POOL, min(LARGEST_POOL, memory // 8 // MEGABYTE * MEGABYTE))


def read_memory() -> int:
    """Return the machine's memory in bytes; 0 where it does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0


def find_server_program() -> str:
    """Return the path of the database server. Raises `StepFailed` if none is installed."""
    found = find_program(*MariaDB.programs)
    if found is None:
        raise StepFailed("no MariaDB or MySQL server is installed; install one or set DATABASE_URL")
    return found


def _find_installer() -> list[str]:
    server = find_server_program()
    if not is_mariadb(server):
        return [server, "--no-defaults", "--initialize-insecure"]
    installer = find_program("mariadb-install-db", "mysql_install_db")
    if installer is None:
        raise StepFailed("mariadb-install-db is missing; it comes with the MariaDB server package")
    # --force: a machine need not be able to look its own name up.
    options = ["--no-defaults", "--force", "--skip-test-db"]
    return [installer, *options, "--auth-root-authentication-method=socket"]


def is_mariadb(server: str) -> bool:
    """Say whether a server program is MariaDB rather than MySQL."""
    version = subprocess.run(
        [server, "--no-defaults", "--version"], capture_output=True, text=True, check=False
    )
    return "mariadb" in version.stdout.lower()


def greets(port: int) -> bool:
    """Say whether a MySQL-protocol server greets on this loopback port."""
    try:
        with socket.create_connection((ports.LOOPBACK, port), timeout=HANDSHAKE_SECONDS) as connection:
            packet = connection.recv(7)
    except OSError:
        return False
    # Three bytes of length, one of sequence, then protocol version 10 or an error only a live server gives.
    return len(packet) >= 5 and (packet[4:5] == b"\x0a" or packet[4:7] == TOO_MANY_CONNECTIONS)
