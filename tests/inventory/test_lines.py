"""A few at work on an item, some more in line behind them, everybody else turned away at once."""

import ctypes
import threading
from functools import partial

import pytest
from django.core.checks import run_checks

from inventory import lines
from inventory.contention import contention_counts
from inventory.errors import OutOfStock, StockBusy
from inventory.lines import InLine, count_in_line
from tests.concurrency.race import wait_until

PATIENCE_SECONDS = 30
ITEM, OTHER = 7, 8


@pytest.fixture(autouse=True)
def short_lines(settings):
    """Two at work, two in line; patience for as long as a test may take."""
    settings.STOCK_LINE_AT_WORK = settings.STOCK_LINE_WAITING = 2
    settings.STOCK_LINE_SECONDS = PATIENCE_SECONDS


class Buyer(threading.Thread):
    """Stands in line and, once let in, works until told to leave."""

    def __init__(
        self,
        *ids: int,
        one_by_one: tuple[int, ...] = (),
        is_expected: bool = False,
        crash: BaseException | None = None,
    ) -> None:
        super().__init__(daemon=True)
        self.ids, self.crash = ids or (ITEM,), crash
        self.place = InLine(self.ids, one_by_one=one_by_one, is_expected=is_expected)
        self.is_in, self.may_leave = threading.Event(), threading.Event()
        self.may_be_gone: bool | None = None
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            with self.place as self.may_be_gone:
                self.is_in.set()
                assert self.may_leave.wait(PATIENCE_SECONDS)
                if self.crash:
                    raise self.crash  # noqa: TRY301 - to crash here is what it is for
        except BaseException as error:
            self.error = error

    def leave(self) -> None:
        self.may_leave.set()
        self.join(PATIENCE_SECONDS)
        assert not self.is_alive()


def let_in(*buyers: Buyer) -> None:
    """Have buyers come and wait until all are at work."""
    for buyer in buyers:
        buyer.start()
        assert buyer.is_in.wait(PATIENCE_SECONDS)


def queue_up(*buyers: Buyer, behind: int = 0) -> None:
    """Have buyers come one after the other and wait until they stand in line, behind so many others."""
    for position, buyer in enumerate(buyers, start=behind + 1):
        buyer.start()
        wait_until(partial(is_in_line, buyer.ids[0], position))


def is_in_line(stock_item_id: int, waiting: int) -> bool:
    return count_in_line(stock_item_id)[1] == waiting


def count_since(before, event):
    return contention_counts()[event] - before[event]


def test_who_is_alone_does_not_wait_and_leaves_nothing_behind():
    before = contention_counts()
    with InLine((ITEM, OTHER)) as may_be_gone:
        assert not may_be_gone
        assert count_in_line(ITEM) == count_in_line(OTHER) == (1, 0)
    assert lines._lines == {}
    assert contention_counts() == before


def test_no_more_than_the_limit_work_at_once_and_the_others_come_in_by_turns():
    buyers, before = [Buyer() for _ in range(4)], contention_counts()
    let_in(*buyers[:2])
    queue_up(*buyers[2:])
    assert count_in_line(ITEM) == (2, 2)
    buyers[0].leave()
    # First come, first served: the fourth is still waiting when the third is in.
    assert buyers[2].is_in.wait(PATIENCE_SECONDS)
    assert not buyers[3].is_in.is_set()
    buyers[2].leave()
    assert buyers[3].is_in.wait(PATIENCE_SECONDS)
    buyers[1].leave()
    buyers[3].leave()
    assert [buyer.error for buyer in buyers] == [None] * 4
    assert count_since(before, "line_waited") == 2
    assert lines._lines == {}


def test_of_an_item_whose_buyers_race_each_other_one_is_at_work():
    first, second = Buyer(one_by_one=(ITEM,)), Buyer(one_by_one=(ITEM,))
    let_in(first)
    queue_up(second)
    assert count_in_line(ITEM) == (1, 1)
    # The line of another item is as long as ever.
    others = [Buyer(OTHER), Buyer(OTHER)]
    let_in(*others)
    for buyer in (*others, first):
        buyer.leave()
    assert second.is_in.wait(PATIENCE_SECONDS)
    second.leave()


def test_who_comes_to_a_full_line_is_turned_away_at_once():
    buyers, before = [Buyer() for _ in range(4)], contention_counts()
    let_in(*buyers[:2])
    queue_up(*buyers[2:])
    with pytest.raises(StockBusy, match="full"), InLine((ITEM,)):
        pytest.fail("let in")
    assert count_in_line(ITEM) == (2, 2)
    assert count_since(before, "line_full") == 1
    with InLine((OTHER,)):
        assert count_in_line(OTHER) == (1, 0), "the crowd is at another item"
    for buyer in buyers:
        buyer.leave()
    assert lines._lines == {}


def test_who_comes_back_from_a_batch_is_not_turned_away():
    buyers, back = [Buyer() for _ in range(4)], Buyer(is_expected=True)
    let_in(*buyers[:2])
    queue_up(*buyers[2:])
    queue_up(back, behind=2)
    for buyer in buyers:
        buyer.leave()
    back.leave()
    assert back.error is None


def test_whose_turn_does_not_come_in_time_is_told_so_and_keeps_nobody_back(settings):
    settings.STOCK_LINE_SECONDS = 0.05
    buyers, before = [Buyer(), Buyer()], contention_counts()
    let_in(*buyers)
    with pytest.raises(StockBusy, match="slowly"), InLine((ITEM,)):
        pytest.fail("let in")
    assert count_in_line(ITEM) == (2, 0)
    assert count_since(before, "line_too_slow") == 1
    settings.STOCK_LINE_SECONDS = PATIENCE_SECONDS
    late = Buyer()
    queue_up(late)
    for buyer in (*buyers, late):
        buyer.leave()
    assert late.error is None
    assert lines._lines == {}


def test_a_basket_has_one_deadline_for_all_its_lines(settings):
    first, second = [Buyer(), Buyer()], [Buyer(OTHER), Buyer(OTHER)]
    let_in(*first, *second)
    settings.STOCK_LINE_SECONDS = 0.5
    basket = Buyer(ITEM, OTHER)
    queue_up(basket)
    settings.STOCK_LINE_SECONDS = 10 * PATIENCE_SECONDS
    first[0].leave()
    basket.join(PATIENCE_SECONDS)
    assert isinstance(basket.error, StockBusy)
    for buyer in (first[1], *second):
        buyer.leave()
    assert lines._lines == {}


def test_a_basket_turned_away_at_one_item_gives_up_its_place_at_the_others():
    crowd = [Buyer(OTHER) for _ in range(4)]
    let_in(*crowd[:2])
    queue_up(*crowd[2:])
    with pytest.raises(StockBusy), InLine((ITEM, OTHER)):
        pytest.fail("let in")
    assert count_in_line(ITEM) == (0, 0)
    for buyer in crowd:
        buyer.leave()


def test_those_behind_one_who_was_refused_are_told_to_look_again():
    refused, other, behind = Buyer(crash=OutOfStock([])), Buyer(), [Buyer(), Buyer()]
    let_in(refused, other)
    queue_up(*behind)
    other.leave()
    assert behind[0].is_in.wait(PATIENCE_SECONDS)
    refused.leave()
    behind[1].leave()
    behind[0].leave()
    assert [buyer.may_be_gone for buyer in behind] == [False, True]
    with InLine((ITEM,)) as may_be_gone:
        assert not may_be_gone, "another crowd"


@pytest.mark.parametrize("crash", [RuntimeError("bug"), SystemExit(1), KeyboardInterrupt()], ids=repr)
def test_a_place_is_free_again_however_its_buyer_ended(crash):
    stopped, other, next_one = Buyer(crash=crash), Buyer(), Buyer()
    let_in(stopped, other)
    queue_up(next_one)
    stopped.leave()
    assert stopped.error is crash
    assert next_one.is_in.wait(PATIENCE_SECONDS)
    other.leave()
    next_one.leave()
    assert lines._lines == {}


def test_a_thread_stopped_while_it_waits_takes_no_place_with_it():
    buyers, stopped = [Buyer(), Buyer()], Buyer()
    let_in(*buyers)
    queue_up(stopped)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(stopped.ident or 0), ctypes.py_object(SystemExit)
    )
    # Python stops a thread only once it wakes: here, when it is called up.
    buyers[0].leave()
    stopped.join(PATIENCE_SECONDS)
    assert isinstance(stopped.error, SystemExit)
    assert count_in_line(ITEM) == (1, 0)
    buyers[1].leave()
    assert lines._lines == {}


@pytest.mark.parametrize(
    ("name", "value"), [("STOCK_LINE_AT_WORK", 0), ("STOCK_LINE_WAITING", -1), ("STOCK_LINE_SECONDS", -1)]
)
def test_a_line_that_would_let_nobody_in_stops_the_start(settings, name, value):
    setattr(settings, name, value)
    assert "inventory.E006" in {message.id for message in run_checks(tags=["inventory"])}
