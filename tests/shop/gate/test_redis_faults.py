"""Redis emptied, killed, or back with an old snapshot in the middle of a sale: slower, never wrong."""

import threading
import time

import pytest
import redis

from shop.gate import keys
from shop.gate.breaker import Breaker
from shop.gate.types import Admitted, SaleStock, SoldOut, Waiting
from tests.shop.gate.crowd import Caller, Shelf, at, make_gate, read_levels
from tests.shop.gate.server import OwnRedis


@pytest.fixture
def make(own_redis):
    """Make gates on the test's own Redis, each as another process would have it."""

    def make_one(shelf, **limits):
        return make_gate(lambda: own_redis.client, shelf, breaker=Breaker(open_seconds=0), **limits)

    return make_one


def drift(gate, shelf, seconds):
    levels = read_levels(gate, 7, seconds)
    return levels.free - (shelf.available - levels.in_flight)


def buy(gate, shelf, name, seconds, *, units=1):
    """Go through the gate and order; return what the gate said."""
    answer = Caller(gate, 7, name, units).ask(seconds)
    if isinstance(answer, Admitted):
        gate.settle(sale_id=7, token=answer.token, placed=shelf.take(units))
    return answer


def test_what_redis_does_not_know_is_asked_of_mysql(make):
    shelf = Shelf(3)
    gate = make(shelf)
    assert gate.read_levels(sale_id=7, now=at(0)) is None
    assert isinstance(buy(gate, shelf, "first", 0), Admitted)
    assert shelf.asked == 1
    assert drift(gate, shelf, 0) == 0


@pytest.mark.parametrize(
    "part", ["epoch", "line", "seen", "totals", "rate", "state", "tokens", "wants", "all"]
)
def test_whatever_key_is_lost_nobody_is_told_sold_out(make, own_redis, part):
    shelf = Shelf(5)
    gate = make(shelf, most=2)
    people = [Caller(gate, 7, f"buyer-{number}") for number in range(6)]
    before = [person.ask(0) for person in people]
    for key in own_redis.client.scan_iter("*gate:{sale:7}:*"):
        if part == "all" or key.decode().endswith(f":{part}"):
            own_redis.client.delete(key)
    after = [person.ask(0.5) for person in people]
    assert not any(isinstance(answer, SoldOut) for answer in after)
    for answer in before[:2] + after:
        if isinstance(answer, Admitted):
            gate.settle(sale_id=7, token=answer.token, placed=shelf.take())
    gate.refresh(sale_id=7, stock=shelf.read(7, at(20)), now=at(20))
    assert drift(gate, shelf, 20) == 0


def test_units_of_an_old_epoch_are_not_taken_off_the_new_one(make, own_redis):
    shelf = Shelf(5)
    gate = make(shelf)
    old = Caller(gate, 7, "before").ask(0)
    own_redis.client.flushall()
    shelf.take()
    assert isinstance(Caller(gate, 7, "after").ask(1), Admitted)
    gate.settle(sale_id=7, token=old.token, placed=True)
    levels = read_levels(gate, 7, 1)
    # Four, as MySQL said: the old order is among those it had counted.
    assert (levels.left, levels.in_flight) == (4, 1)


def test_after_a_flush_everybody_has_their_place_again(make, own_redis):
    shelf = Shelf(20)
    gate = make(shelf, most=1)
    people = [Caller(gate, 7, f"buyer-{number}") for number in range(10)]
    people[0].ask(0)
    assert [person.ask(0).place for person in people[1:]] == list(range(1, 10))
    own_redis.client.flushall()
    stranger = Caller(gate, 7, "stranger")
    assert isinstance(stranger.ask(1), Admitted)
    # They come back in any order; a newcomer after them stands behind all of them.
    for person in reversed(people[1:]):
        person.ask(2)
    assert Caller(gate, 7, "newcomer").ask(2).place == 10
    assert [person.ask(3).place for person in people[1:]] == list(range(1, 10))


def test_a_gate_that_was_empty_says_so_only_after_asking_mysql_again(make):
    shelf = Shelf(0)
    gate = make(shelf)
    assert buy(gate, shelf, "early", 0) == SoldOut(0)
    shelf.available = 2
    assert isinstance(buy(gate, shelf, "soon after", 1), Admitted)
    shelf.available = 0
    # The first to come may still be let in by what was true a second ago; MySQL refuses, and that is known.
    buy(gate, shelf, "late", 2.5)
    assert buy(gate, shelf, "later", 2.5) == SoldOut(0)
    shelf.available = 1
    # Nobody has been here for so long that what Redis holds is nobody's knowledge.
    assert isinstance(buy(gate, shelf, "an hour later", 3600), Admitted)


def test_mysql_is_asked_once_a_second_however_many_come(make):
    shelf = Shelf(9999)
    gate = make(shelf)
    for number in range(300):
        buy(gate, shelf, f"buyer-{number}", number / 100)
    assert shelf.asked <= 4


def test_of_many_who_find_it_old_one_asks(make):
    shelf = Shelf(50)
    gates = [make(shelf) for _process in range(8)]
    for gate in gates:
        buy(gate, shelf, "warm up", 0)
    asked = shelf.asked
    barrier = threading.Barrier(8)

    def come(gate, name):
        barrier.wait(30)
        buy(gate, shelf, name, 1.5)

    threads = [
        threading.Thread(target=come, args=(gate, f"buyer-{number}")) for number, gate in enumerate(gates)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert shelf.asked == asked + 1


@pytest.mark.parametrize("later", [2, 40], ids=["a young snapshot", "an old snapshot"])
def test_an_old_snapshot_in_the_middle_of_a_sale_oversells_nothing(make, own_redis, later):
    shelf = Shelf(60)
    gate = make(shelf, slack=5)
    for number in range(20):
        buy(gate, shelf, f"early-{number}", number / 20)
    lost = Caller(gate, 7, "in flight when it was written").ask(1)
    own_redis.save()
    for number in range(30):
        buy(gate, shelf, f"middle-{number}", 1 + number / 30)
    assert shelf.take()
    own_redis.restore()
    # The snapshot believes in 40 units where there are 9.
    assert (
        int(own_redis.client.hget(f"{keys.prefix}:{{sale:7}}:{lost.token.split(':')[0]}:state", "left")) == 40
    )
    answers = [buy(gate, shelf, f"late-{number}", later + number / 100) for number in range(40)]
    gate.settle(sale_id=7, token=lost.token, placed=True)
    assert shelf.sold == 60, "what is there is sold, and no more"
    assert sum(isinstance(answer, Admitted) for answer in answers) <= 9 + 5 + 1
    last = later + 2
    gate.refresh(sale_id=7, stock=shelf.read(7, at(last)), now=at(last))
    assert drift(gate, shelf, last) == 0
    assert isinstance(buy(gate, shelf, "too late", last + 20), SoldOut)


def test_a_process_that_saw_more_than_the_snapshot_knows_begins_a_new_epoch(make, own_redis):
    shelf = Shelf(60)
    gate = make(shelf)
    first = Caller(gate, 7, "in flight").ask(0)
    own_redis.save()
    for second in range(1, 4):
        gate.refresh(sale_id=7, stock=shelf.read(7, at(second)), now=at(second))
    gate.settle(sale_id=7, token=first.token, placed=shelf.take())
    own_redis.restore()
    gate.refresh(sale_id=7, stock=shelf.read(7, at(4)), now=at(4))
    levels = read_levels(gate, 7, 4)
    assert (levels.left, levels.in_flight) == (59, 0), "the token in the snapshot is settled long ago"
    assert Caller(gate, 7, "next").ask(4).token.split(":")[0] != first.token.split(":")[0]


def test_an_answer_of_mysql_that_comes_late_does_not_undo_a_younger_one(make):
    shelf = Shelf(9)
    gate = make(shelf)
    buy(gate, shelf, "first", 0)
    gate.refresh(sale_id=7, stock=SaleStock(3), now=at(2))
    gate.refresh(sale_id=7, stock=SaleStock(8), now=at(1.5))
    assert read_levels(gate, 7, 2).left == 3


def test_a_redis_killed_in_the_middle_stops_nobody_and_sells_nothing_twice(make, own_redis):
    shelf = Shelf(50)
    gate = make(shelf, most=3)
    for number in range(20):
        assert isinstance(buy(gate, shelf, f"early-{number}", number / 10), Admitted)
    held = Caller(gate, 7, "in flight").ask(2)
    own_redis.kill()
    gate.settle(sale_id=7, token=held.token, placed=shelf.take())
    gate.refresh(sale_id=7, stock=SaleStock(29), now=at(2.5))
    assert gate.read_levels(sale_id=7, now=at(2.5)) is None
    answers = [buy(gate, shelf, f"middle-{number}", 3) for number in range(20)]
    assert answers == [Admitted("")] * 20
    own_redis.start()
    answers = [buy(gate, shelf, f"late-{number}", 4 + number / 10) for number in range(20)]
    assert shelf.sold == 50
    assert isinstance(answers[-1], SoldOut)
    assert drift(gate, shelf, 6) == 0


def test_nothing_is_kept_of_a_sale_that_nobody_asks_for(make, own_redis):
    shelf = Shelf(5)
    gate = make(shelf, most=1)
    for number in range(3):
        Caller(gate, 7, f"buyer-{number}").ask(0)
    keys = list(own_redis.client.scan_iter("*gate:{sale:7}:*"))
    assert len(keys) == 8
    assert all(0 < own_redis.client.ttl(key) <= 3600 for key in keys)


def test_in_quiet_the_gate_and_mysql_agree(make):
    shelf = Shelf(30)
    gates = [make(shelf, slack=3, most=6) for _process in range(4)]
    outcomes: list[object] = []

    def shop(gate, name):
        caller = Caller(gate, 7, name)
        for moment in range(200):
            answer = caller.ask(moment / 50)
            if not isinstance(answer, Waiting):
                break
        if isinstance(answer, Admitted):
            gate.settle(sale_id=7, token=answer.token, placed=shelf.take())
        outcomes.append(answer)

    threads = [threading.Thread(target=shop, args=(gates[n % 4], f"buyer-{n}")) for n in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(outcomes) == 24
    gates[0].refresh(sale_id=7, stock=shelf.read(7, at(5)), now=at(5))
    levels = read_levels(gates[0], 7, 5)
    assert (levels.in_flight, levels.left) == (0, shelf.available)
    assert shelf.available == 30 - shelf.sold


def test_the_scripts_keep_to_one_slot_of_a_cluster(tmp_path):
    """A cluster of one: it refuses a script whose keys belong to more than one slot."""
    server = OwnRedis(tmp_path, "--cluster-enabled", "yes")
    server.start()
    try:
        server.client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        wait_until(lambda: b"cluster_state:ok" in server.client.execute_command("CLUSTER", "INFO"))
        with pytest.raises(redis.ResponseError, match="same slot"):
            server.client.eval("return 1", 2, "gate:{sale:7}:line", "gate:{sale:8}:line")
        shelf = Shelf(2)
        gate = make_gate(lambda: server.client, shelf, most=1)
        first, second = Caller(gate, 7, "first"), Caller(gate, 7, "second")
        admission = first.ask(0)
        assert second.ask(0).place == 1
        gate.settle(sale_id=7, token=admission.token, placed=shelf.take())
        assert second.ask(2).token
        assert read_levels(gate, 7, 2).admitted == 2
    finally:
        server.client.close()
        server.kill()


def wait_until(is_so):
    """Wait for something that a server does by itself."""
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.02)
