"""Who gets in: as many as there are units for, in the order of their arrival, each once."""

import random

import pytest
from redis.crc import key_slot

from shop.gate import keys
from shop.gate.breaker import Breaker
from shop.gate.connection import open_redis
from shop.gate.keys import SaleKeys
from shop.gate.scripts import ADMIT
from shop.gate.types import Admitted, SaleStock, SoldOut, Waiting
from tests.shop.gate.crowd import Caller, Shelf, at, make_gate, read_levels


def callers(gate, sale_id, count, *, units=1):
    return [Caller(gate, sale_id, f"buyer-{number}", units) for number in range(count)]


def settle(gate, sale_id, admission, *, placed=True):
    gate.settle(sale_id=sale_id, token=admission.token, placed=placed)


def test_all_keys_of_a_sale_share_one_hash_tag():
    names = SaleKeys(7, "abc").as_list()
    assert len(set(names)) == len(names) == 8
    assert {name[name.index("{") + 1 : name.index("}")] for name in names} == {"sale:7"}
    assert len({key_slot(name.encode()) for name in names}) == 1
    assert "KEYS[8]" in ADMIT
    assert "'gate:" not in ADMIT, "a script may touch only the keys it was given"


@pytest.mark.parametrize(
    ("factor", "slack", "most", "expected"), [(1, 0, 99, 5), (1.2, 3, 99, 9), (2, 9, 4, 4)]
)
def test_no_more_get_in_than_units_with_factor_and_slack_or_the_most(sale_id, factor, slack, most, expected):
    gate = make_gate(open_redis, Shelf(5), factor=factor, slack=slack, most=most)
    answers = [caller.ask() for caller in callers(gate, sale_id, 30)]
    assert [type(answer) for answer in answers] == [Admitted] * expected + [Waiting] * (30 - expected)
    levels = read_levels(gate, sale_id, 0)
    assert (levels.left, levels.in_flight, levels.waiting, levels.admitted) == (
        5,
        expected,
        30 - expected,
        expected,
    )


def test_units_count_not_requests(sale_id):
    gate = make_gate(open_redis, Shelf(10))
    answers = [caller.ask() for caller in callers(gate, sale_id, 6, units=3)]
    # The fourth may still come: nine of ten are in flight, and MySQL decides about its three.
    assert [type(answer) for answer in answers] == [Admitted] * 4 + [Waiting] * 2


def test_a_wish_for_more_than_is_left_is_let_in_to_be_refused_by_mysql(sale_id):
    gate = make_gate(open_redis, Shelf(2))
    assert isinstance(Caller(gate, sale_id, "greedy", units=5).ask(), Admitted)


def test_the_same_request_gets_the_same_answer(sale_id):
    gate = make_gate(open_redis, Shelf(1))
    first, second = callers(gate, sale_id, 2)
    assert first.ask() == first.ask() == first.ask()
    waiting = [second.ask() for _time in range(3)]
    assert {(answer.place, answer.ticket) for answer in waiting} == {(1, waiting[0].ticket)}
    levels = read_levels(gate, sale_id, 0)
    assert (levels.in_flight, levels.waiting, levels.admitted) == (1, 1, 1)


def test_a_lost_answer_costs_no_place(sale_id):
    gate = make_gate(open_redis, Shelf(1))
    people = callers(gate, sale_id, 4)
    for person in people:
        person.ask()
    people[2].ticket = None
    assert people[2].ask().place == 2


def test_the_same_request_from_another_process_gets_the_same_answer(sale_id):
    shelf = Shelf(1)
    one, two = make_gate(open_redis, shelf), make_gate(open_redis, shelf)
    assert Caller(one, sale_id, "me").ask() == Caller(two, sale_id, "me").ask()


def test_a_placed_order_takes_its_units_and_makes_room_once(sale_id):
    gate = make_gate(open_redis, Shelf(5), most=2)
    first, _second, third = (caller.ask() for caller in callers(gate, sale_id, 3))
    assert isinstance(third, Waiting)
    for _time in range(3):
        settle(gate, sale_id, first)
    levels = read_levels(gate, sale_id, 0)
    assert (levels.left, levels.in_flight) == (4, 1)


def test_an_order_that_was_not_placed_gives_its_units_back(sale_id):
    gate = make_gate(open_redis, Shelf(1))
    first, second = callers(gate, sale_id, 2)
    admission = first.ask()
    assert isinstance(second.ask(), Waiting)
    settle(gate, sale_id, admission, placed=False)
    assert isinstance(second.ask(), Admitted)
    assert read_levels(gate, sale_id, 0).left == 1


def test_the_place_of_somebody_who_never_came_back_is_free_after_the_lease(sale_id):
    shelf = Shelf(1)
    gate = make_gate(open_redis, shelf)
    gone, next_one = callers(gate, sale_id, 2)
    late = gone.ask(0)
    assert isinstance(next_one.ask(0), Waiting)
    assert isinstance(next_one.ask(5), Waiting)
    assert isinstance(next_one.ask(14.9), Waiting)
    # Refreshed by nobody but this caller, who comes every five seconds: never lost, only late.
    assert isinstance(next_one.ask(15), Admitted)
    settle(gate, sale_id, late)
    levels = read_levels(gate, sale_id, 15)
    assert (levels.left, levels.in_flight) == (1, 1), "a lease that has ended settles nothing"


def test_tokens_that_redis_evicted_settle_nothing(sale_id):
    gate = make_gate(open_redis, Shelf(2))
    gone, next_one = callers(gate, sale_id, 2)
    late = gone.ask()
    redis = open_redis()
    [tokens] = redis.keys(f"{keys.prefix}:{{sale:{sale_id}}}:*:tokens")
    redis.delete(tokens)
    # Whoever comes next finds that nobody is in flight any more.
    assert isinstance(next_one.ask(), Admitted)
    settle(gate, sale_id, late)
    levels = read_levels(gate, sale_id, 0)
    assert (levels.left, levels.in_flight) == (2, 1)


@pytest.mark.parametrize("seed", range(3))
def test_of_two_hundred_the_first_to_come_get_the_units(sale_id, seed):
    """Whatever the order in which they come back: the line decides, not the luck of a poll."""
    chance = random.Random(seed)
    shelf = Shelf(60)
    gate = make_gate(open_redis, shelf, most=8)
    crowd = callers(gate, sale_id, 200)
    busy, winners, waiting = [], [], list(crowd)
    for person in crowd:
        if isinstance(answer := person.ask(0), Admitted):
            waiting.remove(person)
            busy.append((person, answer))
    moment = 0
    while waiting and moment < 60:
        moment += 1
        chance.shuffle(busy)
        while len(busy) > 3:
            person, answer = busy.pop()
            assert shelf.take()
            settle(gate, sale_id, answer)
            winners.append(person.name)
        for person in chance.sample(waiting, len(waiting)):
            match person.ask(moment):
                case Admitted() as answer:
                    waiting.remove(person)
                    busy.append((person, answer))
                case SoldOut():
                    waiting.remove(person)
        if shelf.available <= len(busy):
            for person, answer in busy:
                assert shelf.take()
                settle(gate, sale_id, answer)
                winners.append(person.name)
            busy.clear()
    assert shelf.available == 0
    assert sorted(winners) == sorted(person.name for person in crowd[:60])


def test_a_newcomer_does_not_take_the_place_of_those_who_wait(sale_id):
    gate = make_gate(open_redis, Shelf(10), most=1)
    first, second, third = callers(gate, sale_id, 3)
    admission = first.ask()
    assert second.ask().place == 1
    settle(gate, sale_id, admission)
    assert third.ask().place == 2
    assert isinstance(second.ask(), Admitted)


def test_somebody_who_stopped_asking_blocks_nobody(sale_id):
    gate = make_gate(open_redis, Shelf(3), most=1)
    first, ghost, third = callers(gate, sale_id, 3)
    first.ask(0)
    assert (ghost.ask(0).place, third.ask(0).place) == (1, 2)
    for moment in (2, 4, 6):
        place = third.ask(moment).place
    assert place == 1


def test_whoever_slept_for_a_minute_comes_back_to_their_own_place(sale_id):
    gate = make_gate(open_redis, Shelf(3), most=1)
    first, sleeper, third = callers(gate, sale_id, 3)
    for person in (first, sleeper, third):
        person.ask(0)
    for moment in range(1, 60, 2):
        first.ask(moment)
        third.ask(moment)
    assert third.ask(60).place == 1
    assert (sleeper.ask(60).place, third.ask(60).place) == (1, 2)


def test_after_more_than_two_minutes_a_ticket_is_worth_nothing(sale_id):
    gate = make_gate(open_redis, Shelf(3), most=1)
    first, sleeper, third = callers(gate, sale_id, 3)
    for person in (first, sleeper, third):
        person.ask(0)
    for moment in range(1, 122, 2):
        first.ask(moment)
        third.ask(moment)
    assert sleeper.ask(121).place == 2


def test_when_mysql_has_none_left_everybody_is_told_at_once(sale_id):
    shelf = Shelf(1)
    gate = make_gate(open_redis, shelf)
    people = callers(gate, sale_id, 20)
    admission = people[0].ask(0)
    assert all(isinstance(person.ask(0), Waiting) for person in people[1:])
    shelf.take()
    settle(gate, sale_id, admission)
    # No second has to pass: what the gate believes is used up, so it asks.
    assert [person.ask(0.01) for person in people] == [SoldOut(held=0)] * 20
    assert read_levels(gate, sale_id, 0.01).waiting == 0


def test_nobody_is_told_sold_out_while_an_order_may_still_fail(sale_id):
    shelf = Shelf(2)
    gate = make_gate(open_redis, shelf)
    one, two, three = callers(gate, sale_id, 3)
    first, second = one.ask(0), two.ask(0)
    shelf.available = 0
    gate.refresh(sale_id=sale_id, stock=SaleStock(0), now=at(0.1))
    settle(gate, sale_id, first)
    assert isinstance(three.ask(0.2), Waiting)
    settle(gate, sale_id, second)
    assert isinstance(three.ask(0.3), SoldOut)


def test_while_somebody_asks_mysql_nobody_is_told_sold_out_on_the_gates_word(sale_id):
    told = []

    class SlowShelf(Shelf):
        def read(self, sale_id, now):
            told.append(Caller(others, sale_id, "meanwhile").ask(0.2))
            return super().read(sale_id, now)

    shelf = Shelf(1)
    others = make_gate(open_redis, shelf)
    settle(others, sale_id, Caller(others, sale_id, "first").ask(0))
    # The gate believes that there is none left; MySQL has got one more meanwhile.
    asking = Caller(make_gate(open_redis, SlowShelf(1)), sale_id, "asks")
    assert isinstance(asking.ask(0.1), Admitted)
    assert [type(answer) for answer in told] == [Waiting]


def test_what_was_sold_out_an_hour_ago_is_asked_again_by_everybody(sale_id):
    told = []

    class SlowShelf(Shelf):
        def read(self, sale_id, now):
            told.append(Caller(others, sale_id, "meanwhile").ask(3600))
            return super().read(sale_id, now)

    others = make_gate(open_redis, Shelf(5))
    others.refresh(sale_id=sale_id, stock=SaleStock(0), now=at(0))
    asking = Caller(make_gate(open_redis, SlowShelf(5)), sale_id, "asks")
    assert isinstance(asking.ask(3600), Admitted)
    assert [type(answer) for answer in told] == [Admitted]


def test_who_stays_gets_the_unit_that_comes_back_in_the_order_of_arrival(sale_id):
    shelf = Shelf(0, held=2)
    gate = make_gate(open_redis, shelf)
    one, two, three = callers(gate, sale_id, 3)
    places = [person.ask(0, stays=True).line.place for person in (one, two, three)]
    assert places == [1, 2, 3]
    assert isinstance(Caller(gate, sale_id, "leaves").ask(0), SoldOut)
    shelf.available, shelf.held = 1, 1
    # The third asks first, and has to leave the unit to the first.
    assert isinstance(three.ask(1.5, stays=True), Waiting)
    assert isinstance(two.ask(1.5, stays=True), Waiting)
    assert isinstance(one.ask(1.5, stays=True), Admitted)


def test_without_units_in_unpaid_orders_nobody_can_stay(sale_id):
    gate = make_gate(open_redis, Shelf(0))
    assert Caller(gate, sale_id, "hopeful").ask(0, stays=True) == SoldOut(held=0, line=None)


def test_nobody_knows_how_long_before_anybody_was_let_in(sale_id):
    gate = make_gate(open_redis, Shelf(0, held=1))
    assert Caller(gate, sale_id, "first").ask(0, stays=True).line.seconds is None


def test_the_time_follows_from_how_many_were_let_in_lately(sale_id):
    shelf = Shelf(1000)
    gate = make_gate(open_redis, shelf, most=2)
    crowd = callers(gate, sale_id, 80)
    for second in range(20):
        for person in crowd[2 * second : 2 * second + 2]:
            settle(gate, sale_id, person.ask(second))
    blockers = [person.ask(20) for person in crowd[40:42]]
    assert all(isinstance(answer, Admitted) for answer in blockers)
    answers = [person.ask(20) for person in crowd[42:]]
    # Two a second: the last of 38 waits for some 19 seconds.
    assert 17 <= answers[-1].seconds <= 21
    assert answers[-1].place == 38
    # They keep at it and nobody else is let in: after half a minute nobody can say any more.
    for moment in range(25, 61, 5):
        for person in crowd[40:42]:
            person.ask(moment)
    assert crowd[-1].ask(60).seconds is None


def test_a_broken_answer_of_redis_lets_people_in(sale_id):
    client = open_redis()
    client.set(f"{keys.prefix}:{{sale:{sale_id}}}:epoch", "e")
    client.set(f"{keys.prefix}:{{sale:{sale_id}}}:e:state", "not a hash")
    gate = make_gate(open_redis, Shelf(3), breaker=Breaker(open_seconds=5))
    assert Caller(gate, sale_id, "me").ask() == Admitted("")
