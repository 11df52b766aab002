"""What the front page of the admin tells staff, and what the page of an order tells them first."""

import html
import re

import pytest
from django.db.models import QuerySet

from orders.models import Order, OutboxMessage
from orders.outbox import MAX_ATTEMPTS
from orders.steps.models import OrderStep
from payments.models import FindingKind, GatewayEvent, Payment, ReconciliationFinding, Refund
from payments.services import refund_order
from tests.builders import NOW, buy, make_callback, make_payment_callback, make_stock_item, open_payment
from tests.staff import make_manager, make_staff, page_of, press

pytestmark = pytest.mark.django_db(transaction=True)

_LINE = re.compile(r'<li><a href="([^"]+)"><strong>(\d+\+?)</strong> ([^<]+)</a></li>')
_NOTICES = re.compile(r'<ul class="staff-notices">(.*?)</ul>', re.DOTALL)


def place() -> Order:
    return Order.objects.get(id=buy((make_stock_item(), 2)).order.id)


def place_paid() -> Order:
    order = buy((make_stock_item(), 2)).order
    make_payment_callback(order).deliver()
    return Order.objects.get(id=order.id)


def receive_wrong_amount() -> Payment:
    reference = open_payment(order := buy((make_stock_item(), 2)).order)
    make_callback(reference, amount=123).deliver()
    return Payment.objects.get(order_id=order.id)


def make_step(order: Order, **values: object) -> OrderStep:
    return OrderStep.objects.create(
        id=order.id, order=order, name="shipment", position=0, **{"is_critical": True, **values}
    )


def make_finding(kind: str) -> ReconciliationFinding:
    seen = dict.fromkeys(("charged_at", "first_seen_at", "last_seen_at"), NOW)
    return ReconciliationFinding.objects.create(
        gateway="sandbox", kind=kind, reference="r", expected=0, actual=5, currency="USD", **seen
    )


def park(messages: QuerySet[OutboxMessage]) -> None:
    assert messages.update(parked_at=NOW, attempts=12, latest_error="no such mailbox")


def list_waiting(client) -> dict[str, tuple[str, str]]:
    page = client.get("/admin/").content.decode()
    return {label: (count, html.unescape(url)) for url, count, label in _LINE.findall(page)}


def read_notices(client, record) -> str:
    found = _NOTICES.search(client.get(page_of(record)).content.decode())
    return html.unescape(re.sub(r"<[^>]+>", "", found[1])).strip() if found else ""


def test_the_front_page_counts_what_waits_and_leads_to_just_that():
    parked, paid = place(), place_paid()
    Order.objects.filter(id=parked.id).update(parked_at=NOW, parked_because="its stock row is held")
    make_step(paid, state="stuck")
    park(OutboxMessage.objects.filter(topic="order.placed"))
    wrong = receive_wrong_amount()
    Refund.objects.create(id=1, payment=wrong, amount=1, status="failed", created_at=NOW)
    make_finding(FindingKind.CHARGED_TWICE)
    manager = make_manager()
    waiting = list_waiting(manager)
    assert len(waiting) == 8
    for label, (count, url) in waiting.items():
        assert manager.get(url).context["cl"].result_count == int(count), label


def test_nothing_waits_once_it_is_done():
    wrong, paid = receive_wrong_amount(), place_paid()
    manager = make_manager()
    assert len(list_waiting(manager)) == 3
    press(manager, paid, "ship")
    press(manager, wrong, "send_back")
    press(manager, GatewayEvent.objects.get(outcome="amount_mismatch"), "close")
    assert list_waiting(manager) == {}
    assert "Nothing. All that can be done" in manager.get("/admin/").content.decode()


def test_staff_are_told_only_of_what_they_may_see():
    receive_wrong_amount()
    place_paid()
    assert list(list_waiting(make_staff("view_order"))) == ["Paid orders to be shipped"]


def test_an_order_paid_in_the_wrong_amount_says_so_first():
    payment = receive_wrong_amount()
    notices = read_notices(make_manager(), payment.order)
    assert "$1.23 came in where $20.00 was asked for" in notices
    assert notices.endswith(str(payment))


def test_money_in_the_wrong_amount_is_not_spoken_of_to_those_who_see_no_payments():
    payment = receive_wrong_amount()
    assert read_notices(make_staff("view_order"), payment.order) == ""


def test_an_order_whose_shipment_keeps_failing_says_what_becomes_of_it():
    order = place_paid()
    make_step(order, state="ready", attempts=7)
    notices = read_notices(make_manager(), order)
    assert f"failed 7 times and is tried again by itself. After {MAX_ATTEMPTS} times" in notices
    assert "everything is refunded" in notices


@pytest.mark.parametrize(
    ("state", "words"), [("stuck", "could not be undone"), ("failed", "failed for good"), ("done", "")]
)
def test_a_step_says_what_to_do_about_it(state, words):
    order = place_paid()
    step = make_step(order, state=state, attempts=1)
    manager = make_manager()
    assert words in read_notices(manager, step)
    assert bool(read_notices(manager, order)) == bool(words)


def test_a_step_that_is_not_critical_threatens_no_refund():
    order = place_paid()
    make_step(order, state="ready", attempts=7, is_critical=False)
    assert "refunded" not in read_notices(make_manager(), order)


def test_an_order_leads_to_the_mail_that_could_not_be_delivered():
    order = place()
    park(OutboxMessage.objects.filter(key=f"order.placed:{order.id}"))
    assert "could not be delivered" in read_notices(make_manager(), order)


def test_a_refund_that_was_never_handed_to_the_gateway_says_so_and_its_order_too():
    order = place_paid()
    refund_order(number=order.number, reason="", actor="staff:anna", now=NOW)
    manager, refund = make_manager(), Refund.objects.get()
    assert read_notices(manager, order) == read_notices(manager, refund) == ""
    park(OutboxMessage.objects.filter(key=f"payment.refund:{order.id}:{refund.id}"))
    assert "This could not be handed to the gateway" in read_notices(manager, refund)
    assert "could not be delivered" in read_notices(manager, order)


def test_a_refund_that_came_back_says_so_on_its_order():
    order = place_paid()
    refund_order(number=order.number, reason="", actor="staff:anna", now=NOW)
    Refund.objects.update(status="failed")
    assert "came back from the gateway" in read_notices(make_manager(), order)


def test_a_refund_by_bank_waits_for_staff_and_says_what_to_do(settings):
    settings.BANK_TRANSFER_HOLDER, settings.BANK_TRANSFER_ACCOUNT = "Holdfast Ltd", "DE02120300000000202051"
    order = place_paid()
    Payment.objects.update(gateway="bank_transfer")
    refund_order(number=order.number, reason="", actor="staff:anna", now=NOW)
    manager = make_manager()
    assert "has to be sent back from the bank by hand" in read_notices(manager, order)
    assert list(list_waiting(manager)) == ["Refunds that came back, or that you send from the bank"]


@pytest.mark.parametrize("kind", FindingKind.values)
def test_every_kind_of_finding_says_what_to_do(kind):
    finding = make_finding(kind)
    manager = make_manager()
    assert read_notices(manager, finding)
    press(manager, finding, "dismiss")
    assert not read_notices(manager, finding)


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("", "tried again by itself"),
        ("unknown_reference", "No payment has this reference"),
        ("review", "cannot tell what this is for"),
        ("amount_mismatch", "Send the money back"),
        ("applied", ""),
    ],
)
def test_an_event_says_what_it_waits_for(outcome, words):
    make_callback("nobody", amount=1000).deliver()
    GatewayEvent.objects.update(outcome=outcome)
    notices = read_notices(make_manager(), GatewayEvent.objects.get())
    assert words in notices
    assert bool(notices) == bool(words)
