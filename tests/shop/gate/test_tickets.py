"""A ticket is its holder's own: nobody can make one, change one, or use another's."""

import pytest
from django.core import signing

from shop.gate.connection import open_redis
from shop.gate.services import ask_again
from shop.gate.tickets import make_ticket, read_ticket, renew_ticket, sign_ticket
from shop.gate.types import Waiting
from tests.shop.gate.crowd import Caller, Shelf, at, make_gate

MINE = make_ticket(sale_id=7, request_key="mine", units=1)


def test_a_ticket_says_what_was_signed_and_only_for_a_while():
    text = sign_ticket(MINE, now=at(0))
    assert read_ticket(text, now=at(119)) == MINE
    assert read_ticket(text, now=at(121)) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        ":",
        "e30:x",
        "\x00",
        "ü" * 40,
        "a" * 100_000,
        signing.dumps([7, "m", 1, 1, 9_999_999_999]),
        signing.Signer(salt="another").sign_object([7, "m", 1, 1, 9_999_999_999]),
    ],
    # Named, because one of them holds the time of its signing.
    ids=[
        "nothing",
        "a letter",
        "a colon",
        "no signature",
        "a zero",
        "umlauts",
        "long",
        "dated",
        "another salt",
    ],
)
def test_what_we_did_not_sign_is_no_ticket(text):
    assert read_ticket(text, now=at(0)) is None
    assert renew_ticket(MINE, text, now=at(0)) == MINE
    assert ask_again(ticket=text, now=at(0)) is None


def test_a_changed_ticket_is_no_ticket():
    text = sign_ticket(MINE, now=at(0))
    for place in range(len(text)):
        changed = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        # The last letters of base64 may hold bits that nobody reads.
        assert read_ticket(changed, now=at(0)) in (None, MINE)


@pytest.mark.parametrize("forgery", ["another sale's", "another request's", "forged", "expired"])
def test_with_a_ticket_that_is_not_theirs_somebody_stands_at_the_end(sale_id, forgery):
    gate = make_gate(open_redis, Shelf(1))
    elsewhere = make_gate(open_redis, Shelf(1))
    people = [Caller(gate, sale_id, f"buyer-{number}") for number in range(4)]
    for person in people:
        person.ask(0)
    abroad = Caller(elsewhere, sale_id + 500_000, "late", ticket=None)
    abroad.ask(-10)
    front = people[1].ticket or ""
    text = {
        "another sale's": abroad.ticket,
        "another request's": front,
        "forged": "x" + front[1:],
        "expired": sign_ticket(make_ticket(sale_id=sale_id, request_key="late", units=1), now=at(-200)),
    }[forgery]
    late = Caller(gate, sale_id, "late", ticket=text)
    answer = late.ask(0)
    assert isinstance(answer, Waiting)
    assert answer.place == 4
