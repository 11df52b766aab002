"""What a checkout says to the database, as heard on the wire: how much, and in which order."""

import re
import threading

import pytest
from django.db import connection

from inventory import hot
from inventory.errors import OutOfStock
from orders import subscribers
from tests.builders import buy, make_customer, make_stock_item
from tests.concurrency.proxy import CommitCuttingProxy
from tests.orders.spending import buy_with_points

pytestmark = pytest.mark.django_db(transaction=True)

_QUERY = 0x03
_WORDS = re.compile(
    r"^(SELECT .* FROM|SET (?=@matched)|SET .* FROM|INSERT INTO|UPDATE|BEGIN|COMMIT|ROLLBACK)"
    r"[^\w@]*(@?\w*)(.*)$",
    re.DOTALL,
)


class ListeningProxy(CommitCuttingProxy):
    """Notes every packet of SQL that passes."""

    def __init__(self, target):
        super().__init__(target)
        self.packets = []

    def _take_cut(self, packet):
        if packet[4] == _QUERY:
            # Some clients put the number of query attributes before the text.
            self.packets.append(packet[5:].lstrip(b"\0\1").decode())

    def list_packets(self):
        """Return what was said since the last clearing, each packet a list of statements."""
        return [[name(sql) for sql in packet.split("; ")] for packet in self.packets]


def name(sql):
    """Return a statement's verb and table, and whether it locks."""
    words = _WORDS.match(sql)
    assert words, f"a statement nobody expected: {sql}"
    verb, table, rest = words.groups()
    lock = " FOR UPDATE" if rest.endswith("FOR UPDATE") else ""
    return f"{verb.split()[0]} {table}{lock}".strip()


@pytest.fixture
def wire():
    """Listen to this test's connection."""
    settings = connection.settings_dict
    proxy = ListeningProxy((settings["HOST"] or "127.0.0.1", int(settings["PORT"] or 3306)))
    thread = threading.Thread(target=proxy.serve, daemon=True)
    thread.start()
    connection.close()
    connection.settings_dict = {**settings, "HOST": "127.0.0.1", "PORT": proxy.port}
    connection.ensure_connection()
    yield proxy
    connection.close()
    connection.settings_dict = settings
    proxy.close()
    thread.join(10)


def listen(wire, *wanted):
    """Place an order as the first buyer in a while and return the packets, each a list of statements."""
    for item, _quantity in wanted:
        hot.forget(item.id)
    wire.packets.clear()
    buy(*wanted)
    return wire.list_packets()


def test_a_checkout_of_one_line_says_this_and_nothing_else(wire):
    packets = listen(wire, (make_stock_item(), 1))
    assert packets == [
        ["SELECT inventory_stockitem"],
        [
            "BEGIN",
            "INSERT orders_order",
            "INSERT orders_orderline",
            "INSERT orders_outboxmessage",
            "INSERT inventory_stockmovement",
            "UPDATE inventory_stockitem",
            "SET @matched",
            "COMMIT",
        ],
    ]
    # The next buyers need not look.
    assert sum(map(len, packets[1:])) <= 8, "the budget of statements (DESIGN, speed)"


def test_what_nobody_wants_to_know_is_not_written_and_what_somebody_does_takes_no_packet_more(wire):
    item = make_stock_item()
    told = listen(wire, (item, 1))
    subscribers._handlers.pop("order.placed")
    packets = listen(wire, (item, 1))
    assert packets == [told[0], [said for said in told[1] if said != "INSERT orders_outboxmessage"]]


@pytest.mark.parametrize("strategy", ["conditional", "pessimistic", "optimistic", "combined"])
def test_the_next_buyers_of_an_item_need_not_look_first(wire, strategy):
    items = [make_stock_item(strategy=strategy) for _ in range(3)]
    look, *written = listen(wire, *((item, 1) for item in items))
    assert look == ["SELECT inventory_stockitem"]
    wire.packets.clear()
    buy(*((item, 1) for item in items))
    assert wire.list_packets() == written


@pytest.mark.parametrize("strategy", ["conditional", "combined"])
def test_the_hot_row_is_held_for_no_round_trip(wire, strategy):
    packets = listen(wire, (make_stock_item(strategy=strategy), 1))
    assert packets[-1][-3:] == ["UPDATE inventory_stockitem", "SET @matched", "COMMIT"]


@pytest.mark.parametrize("strategy", ["conditional", "optimistic", "pessimistic"])
def test_stock_is_claimed_after_everything_else_is_written(wire, strategy):
    items = [make_stock_item(strategy=strategy) for _ in range(3)]
    said = [statement for packet in listen(wire, *((item, 1) for item in items)) for statement in packet]
    written = max(index for index, statement in enumerate(said) if statement.startswith("INSERT"))
    begun = said.index("BEGIN")
    assert not any(statement.endswith("stockitem") for statement in said[begun:written])
    claim = {
        "conditional": ["UPDATE inventory_stockitem", "SET @matched"],
        "optimistic": ["SELECT inventory_stockitem", "UPDATE inventory_stockitem"],
        "pessimistic": ["SELECT inventory_stockitem FOR UPDATE", "UPDATE inventory_stockitem"],
    }[strategy]
    assert said[written + 1 :] == claim * 3 + ["COMMIT"]


def test_a_basket_with_one_item_that_is_looked_at_first_commits_in_a_packet_of_its_own(wire):
    items = [make_stock_item(), make_stock_item(strategy="optimistic")]
    packets = listen(wire, *((item, 1) for item in items))
    assert packets[-4:] == [
        ["UPDATE inventory_stockitem"],
        ["SELECT inventory_stockitem"],
        ["UPDATE inventory_stockitem"],
        ["COMMIT"],
    ]


def test_a_pooled_item_is_claimed_from_a_slice_and_committed_in_one_packet(wire):
    item = make_stock_item(on_hand=500, strategy="pooled")
    buy((item, 1))
    packets = listen(wire, (item, 1))
    assert packets[-1][-4:] == [
        "SET inventory_stockslice",
        "UPDATE inventory_stockslice",
        "SET @matched",
        "COMMIT",
    ]
    assert not any("stockitem" in statement for statement in packets[-1])


def test_before_its_transaction_a_checkout_locks_nothing(wire):
    packets = listen(wire, (make_stock_item(strategy="pessimistic"), 1))
    said = [statement for packet in packets for statement in packet]
    assert said[: said.index("BEGIN")] == ["SELECT inventory_stockitem"]


def test_more_lines_of_one_item_take_no_more_round_trips(wire):
    item = make_stock_item(on_hand=50)
    assert len(listen(wire, *((item, 1),) * 20)) == len(listen(wire, (item, 1)))


def test_each_further_item_takes_no_more_round_trips(wire):
    items = [make_stock_item() for _ in range(4)]
    assert len(listen(wire, *((item, 1) for item in items))) == len(listen(wire, (items[0], 1)))


def test_points_are_spent_in_the_packet_of_the_order_ahead_of_stock(wire):
    item, customer_id = make_stock_item(), make_customer(points=5)
    plain = listen(wire, (item, 1))
    wire.packets.clear()
    buy_with_points(item, customer_id, 5)
    look, packet = wire.list_packets()
    assert look == ["SELECT orders_pointsbalance"]
    assert packet == [
        "BEGIN",
        "INSERT orders_order",
        "UPDATE orders_pointsbalance",
        "SET @matched",
        "INSERT orders_pointsentry",
        "INSERT orders_orderline",
        "INSERT orders_orderadjustment",
        *plain[-1][3:],
    ]


def test_a_sold_out_item_is_refused_without_a_transaction(wire):
    item = make_stock_item(on_hand=0)
    with pytest.raises(OutOfStock):
        listen(wire, (item, 1))
    said = [statement for packet in wire.list_packets() for statement in packet]
    # The second question: whether it was this very request that bought the last unit.
    assert said == ["SELECT inventory_stockitem", "SELECT orders_order"]


def test_the_first_who_is_refused_in_a_transaction_spares_the_next_one_his(wire):
    item = make_stock_item(on_hand=1)
    buy((item, 1))
    # It is remembered as having enough, so its next buyer does not look.
    with pytest.raises(OutOfStock):
        buy((item, 1))
    wire.packets.clear()
    with pytest.raises(OutOfStock):
        buy((item, 1))
    assert wire.list_packets() == [["SELECT inventory_stockitem"], ["SELECT orders_order"]]


def test_a_checkout_costs_the_same_after_many_orders(wire):
    item = make_stock_item(on_hand=100)
    before = listen(wire, (item, 1))
    for _ in range(30):
        buy((item, 1))
    assert listen(wire, (item, 1)) == before
