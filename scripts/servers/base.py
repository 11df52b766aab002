"""What the private servers have in common: starting, waiting, stopping."""

import os
import shutil
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from scripts import ports, processes, state
from scripts.commands import read_tail
from scripts.console import StepFailed, say
from scripts.state import Endpoint

# Debian keeps servers in /usr/sbin, which is not on every user's PATH; others have places of their own.
SERVER_FOLDERS = ("/usr/sbin", "/usr/libexec", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin")
START_SECONDS = 600.0  # recovery after a crash takes as long as it takes
STOP_SECONDS = 60.0
REASSURE_SECONDS = 10.0
ATTEMPTS = 5


def find_program(*names: str) -> str | None:
    """Return the path of the first of these programs that is installed."""
    path = os.pathsep.join([os.environ.get("PATH", ""), *SERVER_FOLDERS])
    return next((found for name in names if (found := shutil.which(name, path=path))), None)


class PrivateServer(ABC):
    """One server with its data, log and remembered endpoint below a directory.

    Callers hold the set-up lock while they start it and the lease lock while they stop it.
    """

    title: ClassVar[str]
    programs: ClassVar[Sequence[str]]

    def __init__(self, home: Path) -> None:
        self.home = home
        self.data = home / "data"
        self.log = home / "server.log"
        self._endpoint_file = home / "endpoint.json"

    @abstractmethod
    def make_url(self, endpoint: Endpoint) -> str:
        """Return the URL clients use."""

    @abstractmethod
    def initialise(self) -> None:
        """Create the data directory unless it is complete."""

    @abstractmethod
    def make_command(self, endpoint: Endpoint) -> list[str]:
        """Return the command that starts the server in the foreground, writing the files it needs."""

    @abstractmethod
    def answers(self, endpoint: Endpoint) -> bool:
        """Say whether the server takes connections and is ours."""

    def find_pid(self) -> int | None:
        """Return the pid of the running server."""
        return processes.find_server(names=self.programs, directory=self.data)

    def start(self) -> str:
        """Start the server unless it runs, wait until it answers, and return its URL."""
        self.home.mkdir(exist_ok=True)
        remembered = state.read_endpoint(self._endpoint_file)
        if self.find_pid():
            if remembered and self._wait_until_ready(remembered):
                return self.make_url(remembered)
            self.stop()
        self.initialise()
        for _ in range(ATTEMPTS):
            endpoint = self._choose_endpoint(remembered)
            processes.start_detached(self.make_command(endpoint), directory=self.data, log=self.log)
            if self._wait_until_ready(endpoint):
                return self.make_url(endpoint)
            if ports.is_port_free(endpoint.port):  # it was not the port that stopped it
                break
        raise StepFailed(
            f"{self.title} did not start. The end of {self.log}:\n{read_tail(self.log)}\n"
            f"  If its data is damaged for good, `rm -r {self.home}` starts afresh and loses what is in it."
        )

    def launch_again(self) -> None:
        """Start the server that ran before, at the same place, without waiting for it."""
        endpoint = state.read_endpoint(self._endpoint_file)
        if endpoint is None:
            raise StepFailed(f"{self.title} cannot be started again: its {self._endpoint_file} is gone")
        processes.start_detached(self.make_command(endpoint), directory=self.data, log=self.log)

    def answers_as_remembered(self) -> bool:
        """Say whether the server answers where it did before."""
        endpoint = state.read_endpoint(self._endpoint_file)
        return endpoint is not None and self.answers(endpoint)

    def _choose_endpoint(self, remembered: Endpoint | None) -> Endpoint:
        port = ports.choose_port(remembered.port if remembered else None)
        if remembered and port != remembered.port:
            say(f"port {remembered.port} is taken by something else; {self.title} moves to port {port}")
        endpoint = Endpoint(port=port, password=remembered.password if remembered else state.make_secret())
        state.write_endpoint(self._endpoint_file, endpoint)
        return endpoint

    def _wait_until_ready(self, endpoint: Endpoint) -> bool:
        began = time.monotonic()
        told = began
        # A moment for the new process to appear under its own name before its absence means anything.
        appeared = False
        while time.monotonic() - began < START_SECONDS:
            if self.answers(endpoint):
                return True
            alive = self.find_pid() is not None
            appeared = appeared or alive
            if not alive and (appeared or time.monotonic() - began > 5):
                return False
            if time.monotonic() - told > REASSURE_SECONDS:
                told = time.monotonic()
                say(
                    f"still waiting for {self.title} ({told - began:.0f} s); it may be recovering: {self.log}"
                )
            time.sleep(0.05)
        return False

    def stop(self) -> None:
        """Stop the server if it runs: with SIGTERM, and with SIGKILL if that does not end it."""
        pid = self.find_pid()
        if pid is None:
            return
        for signum, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, 10.0)):
            processes.signal_all([pid], signum)
            if processes.wait_until(lambda: self.find_pid() is None, seconds=seconds):
                return
        raise StepFailed(f"{self.title} (process {pid}) cannot be stopped; end it by hand")
