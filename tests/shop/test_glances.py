"""What everybody looks at is read once in a while, by one of them."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from shop.glances import Glances


@pytest.fixture
def numbers() -> Iterator[int]:
    """Numbers that are never the same."""
    return iter(range(1000))


def age(looked_at: Glances[str, int]) -> None:
    """Let what is known be older than it may be shown without asking."""
    looked_at._values = {key: (0.0, value) for key, (_read_at, value) in looked_at._values.items()}


def test_a_value_is_read_again_only_when_it_is_not_fresh(numbers: Iterator[int]) -> None:
    looked_at: Glances[str, int] = Glances()
    assert [looked_at.look("a", lambda: next(numbers)) for _turn in range(3)] == [0, 0, 0]
    assert looked_at.look("b", lambda: next(numbers)) == 1
    age(looked_at)
    assert looked_at.look("a", lambda: next(numbers)) == 2


def test_of_many_first_visitors_one_reads_and_the_others_wait_for_it(numbers: Iterator[int]) -> None:
    looked_at: Glances[str, int] = Glances()
    everybody = threading.Barrier(8)

    def look(_visitor: int) -> int:
        everybody.wait(20)
        return looked_at.look("a", lambda: next(numbers))

    with ThreadPoolExecutor(8) as visitors:
        assert list(visitors.map(look, range(8))) == [0] * 8


def test_while_one_reads_the_others_see_what_was_known(numbers: Iterator[int]) -> None:
    looked_at: Glances[str, int] = Glances()
    looked_at.look("a", lambda: next(numbers))
    age(looked_at)
    begun, go_on = threading.Event(), threading.Event()

    def read_slowly() -> int:
        begun.set()
        assert go_on.wait(20)
        return next(numbers)

    reader = threading.Thread(target=lambda: looked_at.look("a", read_slowly), daemon=True)
    reader.start()
    assert begun.wait(20)
    assert looked_at.look("a", lambda: pytest.fail("somebody reads already")) == 0
    go_on.set()
    reader.join(20)
    assert looked_at.look("a", lambda: next(numbers)) == 1


def test_a_read_that_fails_is_tried_again_by_the_next(numbers: Iterator[int]) -> None:
    looked_at: Glances[str, int] = Glances()

    def fail() -> int:
        raise LookupError

    with pytest.raises(LookupError):
        looked_at.look("a", fail)
    assert looked_at.look("a", lambda: next(numbers)) == 0


def test_a_correction_makes_nothing_fresher(numbers: Iterator[int]) -> None:
    looked_at: Glances[str, int] = Glances()
    looked_at.change("a", lambda value: value + 100)
    looked_at.look("a", lambda: next(numbers))
    looked_at.change("a", lambda value: value + 100)
    assert looked_at.look("a", lambda: next(numbers)) == 100
    age(looked_at)
    looked_at.change("a", lambda value: value + 100)
    assert looked_at.look("a", lambda: next(numbers)) == 1


def test_what_many_keys_leave_behind_is_bounded(numbers: Iterator[int]) -> None:
    looked_at: Glances[str, int] = Glances(most_keys=3)
    for key in "abcdefg":
        looked_at.look(key, lambda: next(numbers))
    assert len(looked_at._values) <= 3
    Glances.forget_all()
    assert looked_at._values == {}
