"""A TCP proxy between the shop and its database that loses a COMMIT, or lets others act, at a chosen moment.

It reads the client's packets (three bytes of length, one of sequence, then the command) and, once armed, cuts
the connection either before COMMIT reaches the server, or after the server has carried it out but before the
client hears of it.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum

_COM_QUERY = 0x03
# Asks the server to hang up once it has done what it was told before.
_QUIT = b"\x01\0\0\0\x01"


class Cut(Enum):
    """When to cut."""

    BEFORE_COMMIT = "before"
    AFTER_COMMIT = "after"


class CommitCuttingProxy:
    """Forwards connections to the database and loses as many COMMITs as it is armed for."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._armed: list[Cut] = []
        self._interruptions: list[tuple[bytes, Callable[[], object]]] = []
        self.cuts = 0
        self._sockets: list[socket.socket] = [self._listener]
        self._deaf: set[socket.socket] = set()

    def arm(self, *cuts: Cut) -> None:
        """Lose the next COMMITs in these ways, in this order."""
        with self._lock:
            self._armed.extend(cuts)

    def interrupt(self, statement: str, act: Callable[[], object]) -> None:
        """Before the next statement that contains this text reaches the server, do something else first."""
        with self._lock:
            self._interruptions.append((statement.encode(), act))

    def disarm(self) -> None:
        """Lose no more."""
        with self._lock:
            self._armed.clear()

    def serve(self) -> None:
        """Accept connections until closed."""
        while True:
            try:
                client, _address = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._target)
            self._sockets += [client, server]
            threading.Thread(target=self._pump_client, args=(client, server), daemon=True).start()

    def close(self) -> None:
        """Cut everything."""
        for one in self._sockets:
            _hang_up(one)

    def _pump_client(self, client: socket.socket, server: socket.socket) -> None:
        replies = threading.Thread(target=self._pump_server, args=(server, client), daemon=True)
        replies.start()
        try:
            while packet := _read_packet(client):
                self._act_before(packet)
                cut = self._take_cut(packet)
                if cut is None:
                    server.sendall(packet)
                elif cut is Cut.BEFORE_COMMIT:
                    break
                else:
                    # The client hears no more; the server does its work and answers into the void. Only then
                    # does the client learn that it is alone, so whoever asks finds what was committed.
                    self._deaf.add(client)
                    server.sendall(packet + _QUIT)
                    replies.join(10)
                    break
        except OSError:
            pass
        finally:
            _hang_up(client)
            _hang_up(server)

    def _pump_server(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                if client not in self._deaf:
                    client.sendall(data)

    def _act_before(self, packet: bytes) -> None:
        with self._lock:
            due = [one for one in self._interruptions if packet[4] == _COM_QUERY and one[0] in packet]
            self._interruptions = [one for one in self._interruptions if one not in due]
        for _statement, act in due:
            act()

    def _take_cut(self, packet: bytes) -> Cut | None:
        if packet[4] != _COM_QUERY or not packet.upper().endswith(b"COMMIT"):
            return None
        with self._lock:
            if not self._armed:
                return None
            self.cuts += 1
            return self._armed.pop(0)


def _read_packet(source: socket.socket) -> bytes:
    header = _read_exactly(source, 4)
    return header + _read_exactly(source, int.from_bytes(header[:3], "little")) if header else b""


def _read_exactly(source: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = source.recv(count - len(data))
        if not more:
            return b""
        data += more
    return data


def _hang_up(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


@contextmanager
def running_proxy(target: tuple[str, int]) -> Iterator[CommitCuttingProxy]:
    """Run a proxy to `target` for the time of the block."""
    proxy = CommitCuttingProxy(target)
    thread = threading.Thread(target=proxy.serve, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join(10)
