"""Ids made by the application: unique, rising, and small enough for a signed BIGINT."""

import threading

import time_machine

from inventory.ids import new_id, new_ids

THREADS, EACH = 8, 2000


def test_ids_fit_63_bits_and_are_positive():
    assert 0 < new_id() < 2**63


def test_the_last_id_before_the_clock_runs_out_still_fits():
    with time_machine.travel("2093-09-01T00:00:00Z", tick=False):
        assert new_id() < 2**63


def test_ids_of_many_threads_are_unique_and_rise_in_each():
    drawn: list[list[int]] = [[] for _ in range(THREADS)]
    barrier = threading.Barrier(THREADS)

    def draw(ids):
        barrier.wait()
        ids.extend(new_id() for _ in range(EACH))

    threads = [threading.Thread(target=draw, args=(ids,)) for ids in drawn]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert all(ids == sorted(ids) for ids in drawn)
    assert len({id_ for ids in drawn for id_ in ids}) == THREADS * EACH


def test_ids_drawn_together_are_consecutive_and_nobody_elses():
    before, together, after = new_id(), new_ids(500), new_id()
    assert list(together) == list(range(together[0], together[0] + 500))
    assert before < together[0]
    assert together[-1] < after


def test_ids_rise_though_the_clock_is_set_back():
    first = new_id()
    with time_machine.travel("2025-01-01T00:00:00Z", tick=False):
        assert new_id() > first


def test_later_ids_are_larger_so_rows_are_stored_in_the_order_they_were_made():
    # Two years ahead, so that no id of this process is in the way of either.
    with time_machine.travel("2030-01-01T00:00:00.000Z", tick=False):
        earlier = new_id()
    with time_machine.travel("2030-01-01T00:00:00.002Z", tick=False):
        assert new_id() > earlier
