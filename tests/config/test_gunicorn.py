"""Half-sent requests, to real gunicorn processes: they must not hold its threads."""

import contextlib
import http.client
import os
import re
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import ports, processes
from scripts.paths import ROOT

STALLED = 24  # more than two processes of eight threads
PATIENCE = 1.5
HALF_A_BODY = (
    b"POST /api/v1/orders/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Idempotency-Key: stalled\r\nContent-Length: 500000\r\n\r\n{"
)
HALF_A_HEAD = b"GET /healthz HTTP/1.1\r\nHost: 127.0."
NOTHING = b""
UNREAD_BODY = HALF_A_BODY.replace(b"500000", b"5000000")
HANGS_ON = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gunicorn") / "log"


@pytest.fixture(scope="module")
def port(log: Path) -> Iterator[int]:
    """Run the shop under gunicorn, with less patience, and return its port."""
    config = log.with_name("config.py")
    config.write_text(
        "from config import gunicorn_worker\nfrom config.gunicorn import *\n"
        f"gunicorn_worker.READ_SECONDS = {PATIENCE}\nloglevel = 'info'\n"
    )
    environment = {**os.environ, "WEB_CONCURRENCY": "2", "WEB_THREADS": "8", "SECURE_COOKIES": "false"}
    with ports.listen_on(0) as listener, log.open("wb") as output:
        bind = f"fd://{listener.fileno()}"
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", str(config), "--bind", bind, "config.wsgi"],
            cwd=ROOT,
            env={**environment, "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": str(ROOT)},
            stdout=output,
            stderr=output,
            pass_fds=[listener.fileno()],
            start_new_session=True,
        )
        try:
            number: int = listener.getsockname()[1]
            assert ask_health(number, seconds=60) == 200
            yield number
        finally:
            server.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(timeout=20)
            processes.signal_group(server.pid, signal.SIGKILL)
            server.wait()


def ask_health(port: int, *, seconds: float) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    with contextlib.closing(connection):
        connection.request("GET", "/healthz", headers={"Connection": "close"})
        return connection.getresponse().status


def wait_for_end(clients: list[socket.socket], *, seconds: float) -> int:
    """Read from all until they are closed at the other end; return how many are open after that time."""
    deadline = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        for client in clients:
            client.setblocking(False)
            selector.register(client, selectors.EVENT_READ, client)
        while selector.get_map() and time.monotonic() < deadline:
            for key, _ in selector.select(0.2):
                try:
                    over = not key.data.recv(65536)
                except ConnectionError:
                    over = True
                if over:
                    selector.unregister(key.fileobj)
        return len(selector.get_map())


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(HALF_A_BODY, id="half a body"),
        pytest.param(HALF_A_HEAD, id="half a head"),
        pytest.param(NOTHING, id="nothing"),
        pytest.param(UNREAD_BODY, id="a body nobody reads"),
        pytest.param(HANGS_ON, id="never hanging up"),
    ],
)
def test_clients_that_stall_are_dropped_and_others_are_served(port: int, log: Path, sent: bytes) -> None:
    with contextlib.ExitStack() as stack:
        clients = [
            stack.enter_context(contextlib.closing(socket.create_connection(("127.0.0.1", port))))
            for _ in range(STALLED)
        ]
        for client in clients:
            client.sendall(sent)

        assert ask_health(port, seconds=4 * PATIENCE) == 200

        assert wait_for_end(clients, seconds=6 * PATIENCE) == 0
    assert "Traceback" not in log.read_text()


def test_a_client_that_trickles_is_dropped(port: int) -> None:
    with contextlib.closing(socket.create_connection(("127.0.0.1", port))) as client:
        client.sendall(HALF_A_HEAD)
        began = time.monotonic()
        with contextlib.suppress(ConnectionError):
            while time.monotonic() - began < 5 * PATIENCE:
                client.sendall(b"0")
                if wait_for_end([client], seconds=PATIENCE / 4) == 0:
                    break
                client.setblocking(True)

        assert time.monotonic() - began < 3 * PATIENCE


def test_a_slow_client_that_keeps_sending_is_waited_for(port: int) -> None:
    body = b"{" + b" " * 60_000
    head = HALF_A_BODY[:-1].replace(b"500000", str(len(body)).encode())
    with contextlib.closing(socket.create_connection(("127.0.0.1", port))) as client:
        client.sendall(head)
        for start in range(0, len(body), 10_000):
            client.sendall(body[start : start + 10_000])
            assert wait_for_end([client], seconds=PATIENCE / 4) == 1 or start + 10_000 >= len(body)
            client.setblocking(True)


def test_one_connection_serves_several_requests(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with contextlib.closing(connection):
        for _ in range(3):
            connection.request("GET", "/healthz", body=b"x" * 1000)
            assert connection.getresponse().read()
        assert connection.sock is not None


def test_head_and_body_of_an_answer_leave_together(port: int) -> None:
    for _ in range(20):
        with contextlib.closing(socket.create_connection(("127.0.0.1", port), timeout=20)) as client:
            client.sendall(HANGS_ON)
            head, _end, body = client.recv(65536).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 ")
            assert body


def test_an_answer_without_a_body_arrives(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with contextlib.closing(connection):
        for _ in range(3):
            connection.request("HEAD", "/healthz")
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (200, b"")


def test_many_connections_are_kept_and_served_in_turns(port: int) -> None:
    """More than there are threads, each asking again on the connection it has."""
    with contextlib.ExitStack() as stack:
        clients = [
            stack.enter_context(contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)))
            for _ in range(20)
        ]
        for _ in range(3):
            for client in clients:
                client.request("GET", "/healthz")
            first = [client.sock for client in clients]
            answers = [client.getresponse() for client in clients]
            assert {(answer.status, answer.read()[:1]) for answer in answers} == {(200, b"{")}
            assert [client.sock for client in clients] == first


def test_a_crowd_that_comes_at_once_is_shared_out_among_the_processes(port: int, log: Path) -> None:
    """They stay with the process that accepts them: one that took them all would leave the other idle."""
    booted = re.findall(r"Booting worker with pid: (\d+)", log.read_text())
    workers = [Path(f"/proc/{pid}/fd") for pid in booted if Path(f"/proc/{pid}").exists()]
    before = [count_sockets(worker) for worker in workers]
    with contextlib.ExitStack() as stack:
        clients = [
            stack.enter_context(contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)))
            for _ in range(40)
        ]
        for client in clients:
            client.connect()
        for client in clients:
            client.request("GET", "/healthz")
            client.getresponse().read()
        shares = [count_sockets(worker) - old for worker, old in zip(workers, before, strict=True)]
    assert min(shares) >= 15


def count_sockets(descriptors: Path) -> int:
    """Return how many sockets a process has open."""
    found = 0
    for descriptor in descriptors.iterdir():
        with contextlib.suppress(FileNotFoundError):
            found += os.readlink(descriptor).startswith("socket:")
    return found


def test_requests_sent_ahead_on_one_connection_are_answered_in_turn(port: int) -> None:
    ahead = HANGS_ON.replace(b"Connection: close\r\n", b"")
    with contextlib.closing(socket.create_connection(("127.0.0.1", port), timeout=20)) as client:
        client.sendall(ahead * 3 + HANGS_ON)
        received = b""
        while data := client.recv(65536):
            received += data
    assert received.count(b"HTTP/1.1 200 ") == 4


def test_a_body_declared_too_large_is_refused_before_it_is_sent(port: int) -> None:
    with contextlib.closing(socket.create_connection(("127.0.0.1", port), timeout=20)) as client:
        client.sendall(UNREAD_BODY)
        assert client.recv(65536).startswith(b"HTTP/1.1 413 ")
