"""What customers are told of their orders: each thing once, in their language, while it is true."""

import datetime as dt
from dataclasses import replace

import pytest
from django.test import Client
from django.utils import timezone

from orders.models import Order, OutboxMessage
from orders.selectors import get_tracking, order_token
from orders.services import cancel_order, fulfil_order, place_order, sweep_expired_orders
from orders.types import LineRefund
from payments.models import Payment, PaymentStatus
from payments.services import refund_order, refund_payment
from shop.models import SentMail
from tests.builders import make_callback, make_draft, make_payment_callback, make_stock_item, open_payment
from tests.shop.mail.posting import deliver, list_sent, pay, place

pytestmark = pytest.mark.django_db

LATER = dt.timedelta(hours=1)


def expire(order):
    """Have the sweep cancel an order whose time to pay is over."""
    now = order.payment_due_at + dt.timedelta(seconds=1)
    sweep_expired_orders(now=now)
    return now


def test_a_new_order_is_asked_to_be_paid_in_time_by_a_link_that_works(client: Client):
    order = place()
    (post,) = deliver()
    assert post.message.to == ["ada@example.com"]
    assert post.subject.startswith(f"Order {order.number}: please pay by ")
    link = f"/orders/{order.number}/{order_token(number=order.number)}/pay/"
    assert link in post.text
    assert link in post.html
    assert "$20.00" in post.text
    assert client.get(link).status_code == 200


def test_a_paid_order_is_not_asked_for_money_any_more():
    order = place()
    assert pay(order) == "applied"
    (post,) = deliver()
    assert (post.subject, list_sent()) == (f"Order {order.number} is paid", ["paid"])


def test_an_order_whose_time_is_over_is_not_asked_for_money():
    order = place()
    Order.objects.filter(id=order.id).update(payment_due_at=timezone.now())
    assert deliver() == []


def test_an_expired_order_is_told_so_and_why():
    expire(place())
    (post,) = deliver(later=LATER)
    assert "It was not paid in time" in post.text
    assert list_sent() == ["cancelled"]


@pytest.mark.parametrize(
    ("reason", "words"), [("customer", "You have cancelled it"), ("staff", "We had to cancel it")]
)
def test_a_cancelled_order_says_who_cancelled_it(reason, words):
    order = place()
    cancel_order(number=order.number, reason=reason, actor="test", now=timezone.now())
    (post,) = deliver()
    assert words in post.text


def test_late_money_that_was_taken_is_told_instead_of_the_cancellation_it_undid():
    order = place()
    callback = make_payment_callback(order, now=timezone.now())
    assert callback.deliver(now=expire(order)).outcome == "late_reserved"
    (post,) = deliver(later=LATER)
    assert "you still get your order" in post.text
    assert list_sent() == ["paid_late"]


def test_late_money_that_goes_back_is_told_with_its_amount():
    order = place()
    callback = make_payment_callback(order, now=timezone.now())
    cancel_order(number=order.number, reason="customer", actor="test", now=timezone.now())
    assert callback.deliver(now=timezone.now()).outcome == "late_refunded"
    posts = deliver()
    assert sorted(list_sent()) == ["cancelled", "late_returned"]
    (back,) = [post for post in posts if "goes back" in post.subject]
    assert "The whole $20.00 is on its way back to you." in back.text


def test_a_second_payment_that_goes_back_is_told_and_the_first_one_stays():
    order = place()
    first = open_payment(order, now=timezone.now())
    Payment.objects.update(status=PaymentStatus.FAILED)
    second = open_payment(order, now=timezone.now())
    outcomes = [
        make_callback(reference, amount=2000).deliver(now=timezone.now()).outcome
        for reference in (second, first)
    ]
    assert outcomes == ["applied", "refunded_duplicate"]
    posts = deliver()
    assert sorted(list_sent()) == ["paid", "twice_returned"]
    assert any("This order was paid twice" in post.text for post in posts)


def test_money_in_the_wrong_amount_is_told_of_when_staff_send_it_back():
    order = place()
    reference = open_payment(order, now=timezone.now())
    assert make_callback(reference, amount=1500).deliver(now=timezone.now()).outcome == "amount_mismatch"
    refund_payment(payment_id=Payment.objects.get().id, reason="wrong", actor="anna", now=timezone.now())
    posts = deliver()
    assert sorted(list_sent()) == ["placed", "wrong_returned"]
    assert any("The whole $15.00" in post.text for post in posts)


def test_a_shipped_order_is_on_its_way():
    order = place()
    pay(order)
    fulfil_order(number=order.number, actor="test", now=timezone.now())
    deliver()
    assert sorted(list_sent()) == ["paid", "shipped"]


def test_a_refunded_order_is_told_once_however_many_messages_its_money_takes():
    order = place()
    pay(order)
    refund_order(number=order.number, reason="broken", actor="anna", now=timezone.now())
    posts = deliver()
    assert sorted(list_sent()) == ["paid", "refunded"]
    assert any("All that you paid for it, $20.00" in post.text for post in posts)


def test_a_part_that_is_refunded_is_told_with_its_amount_and_the_rest_as_the_whole():
    order = place()
    pay(order)
    refund_order(number=order.number, reason="late", actor="anna", now=timezone.now(), amount=500)
    part = [post for post in deliver() if "$5.00 goes back" in post.subject]
    assert "Of the $20.00 you paid, $5.00 is on its way back to you." in part[0].text
    refund_order(number=order.number, reason="lost", actor="anna", now=timezone.now())
    deliver()
    assert sorted(list_sent()) == ["paid", "part_refunded", "refunded"]


def test_of_what_cost_nothing_no_money_is_said_to_go_back():
    now = timezone.now()
    wanted = (make_stock_item(), 1), (make_stock_item(), 1)
    draft = make_draft(*wanted, due_at=now + dt.timedelta(minutes=15))
    present, paid = draft.lines
    draft = replace(draft, lines=(replace(present, unit_price=0), paid))
    order = place_order(draft=draft, idempotency_scope="t", idempotency_key="k", now=now).order
    pay(order)
    gone = LineRefund(position=0, quantity=1)
    refund_order(number=order.number, lines=(gone,), reason="broken", actor="anna", now=timezone.now())
    deliver()
    assert sorted(list_sent()) == ["paid"]


def test_a_shipped_order_says_how_to_find_the_parcel():
    order = place()
    pay(order)
    # The steps after the payment take one delivery after the other.
    for _round in range(3):
        deliver()
    fulfil_order(number=order.number, actor="test", now=timezone.now())
    (post,) = deliver()
    tracking = get_tracking(order_id=order.id)
    assert tracking
    assert tracking.number in post.text
    assert tracking.number in post.html


def test_mail_is_written_in_the_language_the_order_was_placed_in():
    order = place(language="zh-hans")
    (post,) = deliver()
    assert post.subject.startswith(f"订单 {order.number}：请于 ")
    assert "US$20.00" in post.text
    assert '<html lang="zh-hans">' in post.html
    assert SentMail.objects.get().language == "zh-hans"


@pytest.mark.parametrize("language", ["", "tlh"])
def test_an_order_without_a_language_we_have_is_written_to_in_the_shop_s_own(language):
    place(language=language)
    (post,) = deliver()
    assert "please pay by" in post.subject


def test_a_message_that_comes_again_sends_nothing_again():
    place()
    assert len(deliver()) == 1
    OutboxMessage.objects.filter(topic="order.placed").update(is_waiting=True, delivered_at=None)
    assert deliver(later=LATER) == []
    assert list_sent() == ["placed"]


def test_what_was_sent_and_not_noted_goes_out_again_under_the_same_message_id():
    place()
    (first,) = deliver()
    # A crash after the server took it and before the note.
    SentMail.objects.all().delete()
    OutboxMessage.objects.filter(topic="order.placed").update(is_waiting=True, delivered_at=None)
    (second,) = deliver(later=LATER)
    ids = {post.message.extra_headers["Message-ID"] for post in (first, second)}
    assert len(ids) == 1


def test_a_free_order_is_told_it_is_paid_and_nothing_else():
    place(unit_price=0)
    deliver()
    assert list_sent() == ["paid"]


def test_nobody_is_written_to_where_nobody_can_be():
    place(email="buyer@replay.invalid")
    assert deliver() == []
    assert not OutboxMessage.objects.filter(is_waiting=True).exists()
