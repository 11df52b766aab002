"""Ports of private servers and of the shop."""

import pytest

from scripts import ports


def test_a_remembered_port_is_kept_while_it_is_free() -> None:
    port = ports.choose_port()

    assert ports.choose_port(port) == port


def test_a_remembered_port_that_somebody_took_is_given_up() -> None:
    with ports.listen_on(0) as listener:
        taken = listener.getsockname()[1]

        chosen = ports.choose_port(taken)

    assert chosen != taken
    assert chosen in ports.PRIVATE_PORTS


def test_the_next_free_port_is_taken_when_the_first_is_in_use() -> None:
    with ports.listen_on(0) as first:
        taken = first.getsockname()[1]
        with ports.listen_from(taken) as second:
            assert second.getsockname()[1] > taken


def test_listening_is_on_loopback_only() -> None:
    with ports.listen_on(0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


def test_a_taken_port_is_refused_at_once() -> None:
    with ports.listen_on(0) as listener, pytest.raises(OSError, match="in use"):
        ports.listen_on(listener.getsockname()[1])
