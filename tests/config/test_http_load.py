"""The HTTP load generator counts what was answered, asks again what was not, and says what it cannot read."""

import contextlib
import socket
import threading

import pytest

from config.benchmark.client import Answer, LoadFailed, make_post
from config.benchmark.load import measure_http

OK = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"
REFUSED = b"HTTP/1.1 409 Conflict\r\ncontent-length: 0\r\nConnection: close\r\n\r\n"
ENDLESS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"


@pytest.fixture
def serve():
    """Start a server that gives these answers in turn, the last one over and over; "" hangs up instead."""
    with contextlib.ExitStack() as stack:

        def start(*answers: bytes):
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            seen: list[bytes] = []
            thread = threading.Thread(target=answer_all, args=(listener, answers, seen))
            thread.start()
            stack.callback(thread.join)
            stack.callback(listener.shutdown, socket.SHUT_RDWR)
            return listener.getsockname()[1], seen

        yield start


def answer_all(listener: socket.socket, answers: tuple[bytes, ...], seen: list[bytes]) -> None:
    """Serve one connection after the other."""
    with contextlib.suppress(OSError):
        while True:
            client, _address = listener.accept()
            with client:
                while request := client.recv(65536):
                    seen.append(request)
                    answer = answers[min(len(seen), len(answers)) - 1]
                    # In two pieces: an answer need not come in one.
                    client.sendall(answer[:20])
                    client.sendall(answer[20:])
                    if not answer or answer is REFUSED:
                        break


def ask(number: int) -> bytes:
    return make_post("/x", b"{}", Idempotency_Key=str(number))


def test_answers_are_counted_by_status(serve):
    port, seen = serve(OK, REFUSED, OK)
    tally = measure_http(port=port, connections=1, attempts=5, make_request=ask)
    assert tally.count_by_status() == {201: 4, 409: 1}
    assert seen == [ask(number) for number in range(5)]
    assert len(tally.list_latencies(201)) == 4
    assert tally.started_at < tally.find_last(409) < tally.find_last(201) <= tally.ended_at
    assert tally.broken == 0


def test_a_request_without_an_answer_is_sent_again_on_a_new_connection(serve):
    port, seen = serve(OK, b"", OK)
    told: list[Answer] = []
    tally = measure_http(port=port, connections=1, attempts=3, make_request=ask, on_answer=told.append)
    assert seen == [ask(0), ask(1), ask(1), ask(2)]
    assert tally.broken == 1
    assert [answer.number for answer in told] == [0, 1, 2]
    assert {answer.body for answer in told} == {b"{}"}


def test_it_asks_for_as_long_as_it_is_told(serve):
    port, _seen = serve(OK)
    tally = measure_http(port=port, connections=1, seconds=0.2, warm_up=0.1, make_request=ask)
    assert 0.2 <= tally.seconds < 2
    assert tally.count_by_status().keys() == {201}


def test_an_answer_without_a_length_cannot_be_measured(serve):
    port, _seen = serve(ENDLESS)
    with pytest.raises(LoadFailed, match="Content-Length"):
        measure_http(port=port, connections=1, attempts=1, make_request=ask)


def test_a_server_that_is_not_there_cannot_be_measured():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(LoadFailed, match="nobody listens"):
        measure_http(port=port, connections=1, attempts=1, make_request=ask)
