"""Who has waited for Redis in vain spares the others the wait."""

import socket
import time

import pytest
import redis

from shop.gate.breaker import Breaker, GateAway
from shop.gate.connection import TIMEOUT_SECONDS, open_redis
from shop.gate.types import Admitted
from tests.shop.gate.crowd import Caller, Shelf, make_gate


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def away():
    raise redis.ConnectionError("nobody there")


def test_after_a_failure_redis_is_left_alone_for_a_while_and_then_tried_by_one():
    clock, errors, asked = Clock(), [], []
    breaker = Breaker(open_seconds=5, clock=clock, on_error=lambda: errors.append(1))

    def ask():
        asked.append(clock.now)
        away()

    for moment in (0, 1, 4.9, 5, 5.1, 9):
        clock.now = moment
        with pytest.raises(GateAway):
            breaker.call(ask)
    assert asked == [0, 5]
    assert len(errors) == 2
    clock.now = 10.5
    assert breaker.call(lambda: "there") == "there"
    assert not breaker.is_open
    assert breaker.call(lambda: "there") == "there"


def test_while_one_tries_the_others_go_on_without():
    clock = Clock()
    breaker = Breaker(open_seconds=5, clock=clock)
    with pytest.raises(GateAway):
        breaker.call(away)
    clock.now = 6

    def ask():
        with pytest.raises(GateAway):
            breaker.call(lambda: "a second one")
        return "the first"

    assert breaker.call(ask) == "the first"


def test_an_error_that_is_not_redis_goes_to_its_owner():
    with pytest.raises(ZeroDivisionError):
        Breaker().call(lambda: 1 / 0)


def test_a_redis_that_takes_calls_and_says_nothing_costs_a_fifth_of_a_second_once(sale_id, settings):
    with socket.create_server(("127.0.0.1", 0), backlog=50) as silent:
        port = silent.getsockname()[1]
        location = f"redis://127.0.0.1:{port}/0"
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": location}}
        gate = make_gate(open_redis, Shelf(1), breaker=Breaker(open_seconds=60))
        started = time.monotonic()
        answers = [Caller(gate, sale_id, f"buyer-{number}").ask() for number in range(50)]
        took = time.monotonic() - started
    assert answers == [Admitted("")] * 50
    assert took < 3 * TIMEOUT_SECONDS
