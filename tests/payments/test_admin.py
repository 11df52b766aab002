"""Staff pages for payments, refunds and the inbox."""

import pytest
from django.urls import reverse

from orders.models import Order
from payments.models import EventOutcome, GatewayEvent, Payment, Refund
from payments.services import apply_pending_events, refund_order
from tests.builders import NOW, buy, make_callback, make_payment_callback, make_stock_item, open_payment
from tests.staff import address_of, make_manager, make_staff, page_of, press, press_for_many, said

pytestmark = pytest.mark.django_db(transaction=True)

EVENTS = "/admin/payments/gatewayevent/"
PAYMENTS = "/admin/payments/payment/"
REFUNDS = "/admin/payments/refund/"


def pay(quantity=1):
    order = buy((make_stock_item(), quantity)).order
    make_payment_callback(order).deliver()
    return order


def leave_to_staff(event: GatewayEvent, outcome: EventOutcome) -> None:
    GatewayEvent.objects.filter(pk=event.pk).update(outcome=outcome, settled_at=NOW, attempts=10)


def receive_unknown(reference: str, amount: int = 1000) -> GatewayEvent:
    make_callback(reference, amount=amount).deliver()
    return GatewayEvent.objects.latest("id")


def test_an_event_left_to_staff_is_applied_when_its_payment_is_known_at_last():
    order = buy((make_stock_item(), 1)).order
    reference = open_payment(order)
    Payment.objects.update(reference="elsewhere")
    event = receive_unknown(reference)
    leave_to_staff(event, EventOutcome.UNKNOWN_REFERENCE)
    Payment.objects.update(reference=reference)
    assert "done" in said(press(make_manager(), event, "reapply"))
    assert Order.objects.get(id=order.id).status == "paid"
    assert GatewayEvent.objects.get().outcome == EventOutcome.APPLIED


def test_an_event_that_still_cannot_be_applied_waits_again():
    event = receive_unknown("nobody")
    leave_to_staff(event, EventOutcome.UNKNOWN_REFERENCE)
    assert "still cannot be applied" in said(press_for_many(make_manager(), [event], "reapply"))
    again = GatewayEvent.objects.get()
    assert (again.outcome, again.attempts) == (EventOutcome.WAITING, 1)


def test_an_event_that_was_applied_is_not_applied_again():
    order = pay()
    event = GatewayEvent.objects.get()
    assert "nothing to do" in said(press(make_manager(), event, "reapply"))
    assert Payment.objects.get().received_amount == order.total_amount


def test_money_in_the_wrong_amount_is_left_as_it_is():
    order = buy((make_stock_item(), 1)).order
    make_callback(open_payment(order), amount=order.total_amount - 1).deliver()
    event = GatewayEvent.objects.get()
    press(make_manager(), event, "reapply")
    assert GatewayEvent.objects.get().outcome == EventOutcome.AMOUNT_MISMATCH
    assert Order.objects.get(id=order.id).status == "pending"


def test_what_waits_for_staff_is_one_click_away():
    pay()
    waiting = receive_unknown("nobody")
    mismatch = buy((make_stock_item(), 1)).order
    make_callback(open_payment(mismatch), amount=1).deliver()
    wrong = GatewayEvent.objects.latest("id")
    manager = make_manager()

    def find(value: str) -> list[int]:
        return [event.pk for event in manager.get(EVENTS, {"waiting": value}).context["cl"].result_list]

    assert find("staff") == [wrong.pk]
    assert find("retry") == [waiting.pk]


def test_payments_and_refunds_are_found_by_order_and_by_reference():
    order, _other = pay(), pay()
    refund_order(number=order.number, reason="test", actor="test", now=NOW)
    payment = Payment.objects.get(order_id=order.id)
    manager = make_manager()
    for address, expected in ((PAYMENTS, payment), (REFUNDS, Refund.objects.get())):
        for term in (order.number, order.number.lower(), str(payment.reference)):
            found = manager.get(address, {"q": term}).context["cl"].result_list
            assert [row.pk for row in found] == [expected.pk]
        assert not manager.get(address, {"q": "nothing"}).context["cl"].result_list


def test_the_page_of_a_payment_shows_its_refunds_and_events():
    order = pay()
    refund_order(number=order.number, reason="broken", actor="test", now=NOW)
    page = make_manager().get(page_of(Payment.objects.get())).content.decode()
    for text in ("$10.00", "broken", "payment.succeeded", "Applied", order.number):
        assert text in page


def test_what_a_gateway_sent_is_shown_as_text():
    event = receive_unknown("nobody")
    GatewayEvent.objects.filter(pk=event.pk).update(
        body="<script>alert(1)</script>", currency="<b>", amount=5
    )
    page = make_manager().get(page_of(event)).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "5 &lt;b&gt;" in page


def test_money_is_never_edited_added_or_deleted_here():
    order = pay()
    refund_order(number=order.number, reason="test", actor="test", now=NOW)
    manager = make_manager()
    for record in (Payment.objects.get(), Refund.objects.get(), GatewayEvent.objects.get()):
        model = record._meta.model_name
        assert manager.get(page_of(record)).status_code == 200
        assert manager.post(page_of(record), {"amount": "1"}).status_code == 403
        assert manager.get(reverse(f"admin:payments_{model}_add")).status_code == 403
        assert manager.post(reverse(f"admin:payments_{model}_delete", args=[record.pk])).status_code == 403


def test_applying_events_needs_its_permission():
    event = receive_unknown("nobody")
    vera = make_staff("view_gatewayevent", "view_payment", "add_refund")
    assert "Apply again" not in vera.get(page_of(event)).content.decode()
    assert vera.post(address_of(event, "reapply"), {"confirmed": "yes"}).status_code == 403


def test_lists_ask_as_many_questions_for_thirty_rows_as_for_three(django_assert_max_num_queries):
    manager = make_manager()
    for rows in (3, 27):
        for _row in range(rows):
            refund_order(number=pay().number, reason="test", actor="test", now=NOW)
        for address in (PAYMENTS, REFUNDS, EVENTS):
            with django_assert_max_num_queries(9):
                manager.get(address)


@pytest.mark.parametrize(
    "address",
    [
        "payment/%00/change/",
        "payment/99999999999999999999999/change/",
        "payment/?q=%00",
        "payment/?q=" + "9" * 5000,
        "payment/?order__id__exact=99999999999999999999999",
        "payment/?gateway=%00",
        "refund/?q=%F0%9F%92%A9",
        "gatewayevent/99999999999999999999999/do/reapply/",
        "gatewayevent/?waiting=%00",
        "gatewayevent/?received_at__gte=99999-01-01",
        "gatewayevent/?outcome__exact=" + "x" * 5000,
    ],
)
def test_strange_addresses_are_answered(address):
    assert make_manager().get(f"/admin/payments/{address}", follow=True).status_code in (200, 400, 404)


def test_money_in_the_wrong_amount_is_sent_back_by_staff_once():
    order = buy((make_stock_item(), 1)).order
    make_callback(open_payment(order), amount=order.total_amount + 1).deliver()
    payment = Payment.objects.get()
    manager = make_manager()
    assert "done" in said(press(manager, payment, "send_back"))
    assert Refund.objects.get().amount == order.total_amount + 1
    assert "done" not in said(press(manager, payment, "send_back"))
    assert Refund.objects.count() == 1
    assert Order.objects.get().status == "pending"


def test_an_ordinary_payment_has_no_button_that_sends_its_money_back():
    order = pay()
    page = make_manager().get(page_of(Payment.objects.get(order_id=order.id))).content.decode()
    assert "send_back" not in page


@pytest.mark.parametrize("do", [press, lambda client, payment, name: press_for_many(client, [payment], name)])
def test_an_ordinary_payment_is_not_sent_back_however_the_action_is_reached(do):
    order = pay()
    response = do(make_manager(), Payment.objects.get(), "send_back")
    assert "refund the order instead" in said(response)
    assert not Refund.objects.exists()
    assert (Order.objects.get().status, Payment.objects.get().refunded_amount) == ("paid", 0)
    assert Payment.objects.get().received_amount == order.total_amount


def test_of_many_payments_only_those_in_the_wrong_amount_are_sent_back():
    pay()
    order = buy((make_stock_item(), 1)).order
    make_callback(open_payment(order), amount=order.total_amount + 1).deliver()
    wrong = Payment.objects.get(order_id=order.id)
    response = press_for_many(make_manager(), list(Payment.objects.all()), "send_back")
    assert "Send the money back: done." in said(response)
    assert [refund.payment for refund in Refund.objects.all()] == [wrong]


def test_an_event_that_cannot_be_read_is_shown_to_staff_and_stays_with_them():
    event = GatewayEvent.objects.create(
        gateway="sandbox", event_id="evt_1", body="{<b>", received_at=NOW, apply_after=NOW
    )
    apply_pending_events(now=NOW)
    manager = make_manager()
    found = manager.get(EVENTS, {"waiting": "staff"}).context["cl"].result_list
    assert [row.pk for row in found] == [event.pk]
    assert "{&lt;b&gt;" in manager.get(page_of(event)).content.decode()
    assert "still cannot be applied" in said(press(manager, event, "reapply"))
    assert GatewayEvent.objects.get().outcome == EventOutcome.REVIEW


def test_money_in_another_currency_is_shown_and_sent_back_in_that_one():
    order = buy((make_stock_item(), 1)).order
    make_callback(open_payment(order), amount=999, currency="EUR").deliver()
    payment = Payment.objects.get()
    manager = make_manager()
    assert "€9.99" in manager.get(page_of(payment)).content.decode()
    press(manager, payment, "send_back")
    assert "€9.99" in manager.get(page_of(Refund.objects.get())).content.decode()


def test_money_in_what_is_no_currency_is_shown_as_it_came():
    order = buy((make_stock_item(), 1)).order
    make_callback(open_payment(order), amount=999, currency="€").deliver()
    assert "999 €" in make_manager().get(page_of(Payment.objects.get())).content.decode()


def test_events_are_found_by_the_number_of_their_order():
    order, _other = pay(), pay()
    found = make_manager().get(EVENTS, {"q": order.number.lower()}).context["cl"].queryset
    assert [event.payment.order_id for event in found] == [order.id]
