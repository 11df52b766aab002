"""The last user of the private servers stops them, and nobody else does."""

import contextlib
from pathlib import Path

import pytest

from scripts.leases import LeaseBook
from scripts.locks import hold_slot
from tests.scripts.programs import read_until, start_python

OTHER_USER = """
import signal, sys
from pathlib import Path
from scripts.leases import LeaseBook
with LeaseBook(Path(sys.argv[1])).hold(user="other", stop=lambda: None):
    print("holding")
    signal.pause()
"""


class Servers:
    """Counts how often they are stopped."""

    def __init__(self) -> None:
        self.stops = 0

    def stop(self) -> None:
        self.stops += 1


@pytest.fixture
def servers() -> Servers:
    return Servers()


@pytest.fixture
def book(tmp_path: Path) -> LeaseBook:
    return LeaseBook(tmp_path)


def test_the_only_user_stops_the_servers(book: LeaseBook, servers: Servers) -> None:
    with book.hold(user="make test", stop=servers.stop):
        assert servers.stops == 0

    assert servers.stops == 1


def test_the_servers_are_stopped_also_when_the_user_fails(book: LeaseBook, servers: Servers) -> None:
    with contextlib.suppress(RuntimeError), book.hold(user="make test", stop=servers.stop):
        raise RuntimeError

    assert servers.stops == 1


def test_servers_that_somebody_else_uses_go_on(book: LeaseBook, servers: Servers, tmp_path: Path) -> None:
    with start_python(OTHER_USER, tmp_path) as other:
        read_until(other, "holding")
        with book.hold(user="make test", stop=servers.stop):
            pass

        assert servers.stops == 0
        assert [user.split(",")[0] for user in book.release_servers(stop=servers.stop, force=False)] == [
            "other"
        ]
        assert servers.stops == 0


def test_a_user_that_was_killed_holds_nothing(book: LeaseBook, servers: Servers, tmp_path: Path) -> None:
    with start_python(OTHER_USER, tmp_path) as other:
        read_until(other, "holding")
        other.kill()
        other.wait()

        with book.hold(user="make test", stop=servers.stop):
            pass

    assert servers.stops == 1


def test_kept_servers_outlive_their_users_until_they_are_released(book: LeaseBook, servers: Servers) -> None:
    with book.hold(user="make setup", stop=servers.stop):
        book.keep_servers()
    with book.hold(user="make test", stop=servers.stop):
        pass
    assert servers.stops == 0

    assert book.release_servers(stop=servers.stop, force=False) == []
    assert servers.stops == 1


def test_released_by_force_they_stop_under_their_users(
    book: LeaseBook, servers: Servers, tmp_path: Path
) -> None:
    with start_python(OTHER_USER, tmp_path) as other:
        read_until(other, "holding")

        book.release_servers(stop=servers.stop, force=True)

    assert servers.stops == 1


def test_test_runs_side_by_side_get_different_numbers(tmp_path: Path) -> None:
    first = hold_slot(tmp_path, count=2)
    second = hold_slot(tmp_path, count=2)
    assert first is not None
    assert second is not None

    assert {first[0], second[0]} == {1, 2}
    assert hold_slot(tmp_path, count=2) is None

    first[1].close()
    again = hold_slot(tmp_path, count=2)
    assert again is not None
    assert again[0] == first[0]
    again[1].close()
    second[1].close()
