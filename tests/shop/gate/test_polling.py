"""How often those who wait come back: seldom from far behind, and never all at once."""

import heapq

from shop.gate.connection import open_redis
from shop.gate.types import Admitted, Waiting
from tests.shop.gate.crowd import Caller, Shelf, make_gate


def wait_in_line(gate, sale_id, count):
    blockers = [Caller(gate, sale_id, f"blocker-{number}") for number in range(2)]
    assert all(isinstance(person.ask(0), Admitted) for person in blockers)
    crowd = [Caller(gate, sale_id, f"buyer-{number}") for number in range(count)]
    return blockers, [(person, person.ask(0)) for person in crowd]


def test_the_interval_grows_with_the_place_and_is_never_the_same_for_all(sale_id):
    gate = make_gate(open_redis, Shelf(9999), most=2)
    _blockers, answers = wait_in_line(gate, sale_id, 1000)
    polls = [answer.poll_seconds for _person, answer in answers]
    assert all(0.8 <= poll <= 36 for poll in polls)
    assert sum(polls[:50]) / 50 < sum(polls[200:250]) / 50 < sum(polls[-50:]) / 50
    assert len(set(polls[-200:])) > 20


def test_those_who_wait_cause_no_more_requests_than_one_an_interval(sale_id):
    """Three hundred people keep to what they are told for half a minute."""
    gate = make_gate(open_redis, Shelf(9999), most=2)
    blockers, answers = wait_in_line(gate, sale_id, 300)
    due = [(answer.poll_seconds, index) for index, (_person, answer) in enumerate(answers)]
    shortest = [answer.poll_seconds for _person, answer in answers]
    heapq.heapify(due)
    requests, alive = 0, 0.0
    while due[0][0] < 30:
        moment, index = heapq.heappop(due)
        while alive < moment:
            alive += 5
            for person in blockers:
                person.ask(alive)
        answer = answers[index][0].ask(moment)
        assert isinstance(answer, Waiting)
        requests += 1
        shortest[index] = min(shortest[index], answer.poll_seconds)
        heapq.heappush(due, (moment + answer.poll_seconds, index))
    bound = sum(30 / interval for interval in shortest)
    assert requests <= bound
    assert requests / 30 < 300 / 3, "three hundred people ask fewer than a hundred times a second"


def test_reloading_costs_nobody_their_place_and_mysql_nothing(sale_id):
    shelf = Shelf(9999)
    gate = make_gate(open_redis, shelf, most=2)
    _blockers, answers = wait_in_line(gate, sale_id, 20)
    asked = shelf.asked
    person, first = answers[10]
    for _time in range(200):
        assert person.ask(0.5).place == first.place
    assert shelf.asked == asked
