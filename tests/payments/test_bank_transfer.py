"""Paying by bank transfer: what customers are told, and what staff do by hand."""

import datetime as dt

import pytest
from django.utils import timezone

from orders.models import OutboxMessage
from orders.selectors import get_order
from orders.services import cancel_order, deliver_outbox, sweep_expired_orders
from payments.errors import InvalidSignature, NotByHand, UnknownGateway
from payments.gateways.bank_transfer.references import (
    find_order_references,
    find_references,
    format_reference,
    reference_for,
)
from payments.models import EventOutcome, GatewayEvent, Payment, Refund
from payments.selectors import list_gateways
from payments.services import (
    close_event,
    confirm_payment,
    confirm_refund,
    receive_event,
    refund_order,
    resend_refund,
    start_payment,
)
from tests.builders import NOW, buy, make_callback, make_stock_item, open_payment
from tests.payments.making import list_refunds, make_paid_sale
from tests.payments.transfers import choose_transfer, switch_on
from tests.staff import make_manager, make_staff, page_of, press, said

pytestmark = pytest.mark.django_db

NUMBER = "0AM4H4PTECVTX"


@pytest.fixture(autouse=True)
def _bank(settings):
    switch_on(settings)


def status_of(payment):
    payment.refresh_from_db()
    return get_order(number=str(payment.order)).status, payment.status


def test_a_reference_is_the_orders_number_with_check_digits():
    reference = reference_for(NUMBER)
    assert (reference[:2], reference[4:]) == ("RF", NUMBER)
    assert format_reference(reference).replace(" ", "") == reference
    # The example of the standard.
    assert reference_for("539007547034") == "RF18539007547034"


@pytest.mark.parametrize("write", [str, str.lower, format_reference, lambda it: it[:9] + "\n" + it[9:]])
@pytest.mark.parametrize("around", ["{}", "Order {} thanks", "RF{}/INV 12", "SVWZ+{}EREF+NOTPROVIDED"])
def test_a_reference_is_found_however_it_was_written(write, around):
    reference = reference_for(NUMBER)
    assert find_references(around.format(write(reference))) == {reference}


def test_a_mistyped_reference_is_none():
    reference = reference_for(NUMBER)
    for place in range(2, len(reference)):
        other = "7" if reference[place] != "7" else "8"
        assert find_references(reference[:place] + other + reference[place + 1 :]) == set()
    assert find_references(reference[:-2] + reference[-1] + reference[-2]) == set()


def test_an_order_number_alone_is_found_as_a_word():
    assert find_order_references(f"order {NUMBER.lower()}, thanks") == {reference_for(NUMBER)}
    assert find_order_references(f"X{NUMBER}") == set()


def test_customers_are_told_where_to_send_how_much_and_with_which_reference(client):
    view, payment = choose_transfer(now=timezone.now())
    text = client.get(view.redirect_url.removeprefix("http://testserver")).content.decode()
    told = (
        *("$20.00", format_reference(str(payment.reference)), "Holdfast Ltd", "DE02 1203 0000 0000 2020 51"),
        *("BYLADEM1001", "http://testserver/orders/back/"),
    )
    for text_of_page in told:
        assert text_of_page in text
    assert payment.reference == reference_for(str(payment.order))


def test_nobody_is_told_to_send_money_for_an_order_that_waits_for_none(client):
    view, payment = choose_transfer(now=timezone.now())
    cancel_order(number=str(payment.order), reason="customer", actor="test", now=timezone.now())
    text = client.get(view.redirect_url.removeprefix("http://testserver")).content.decode()
    assert "Please send no money" in text
    assert "DE02" not in text


def test_the_page_opens_by_its_own_address_only(client, settings):
    view, payment = choose_transfer(now=timezone.now())
    path = view.redirect_url.removeprefix("http://testserver")
    for wrong in (path[:-3] + "x/", f"/bank-transfer/{payment.reference}/", "/bank-transfer/%00/"):
        assert client.get(wrong).status_code == 404
    settings.BANK_TRANSFER_HOLDER = ""
    assert client.get(path).status_code == 404


def test_whoever_chooses_a_transfer_gets_the_time_a_transfer_takes():
    _view, payment = choose_transfer()
    assert get_order(number=str(payment.order)).payment_due_at == NOW + dt.timedelta(days=7)
    assert sweep_expired_orders(now=NOW + dt.timedelta(days=6)).cancelled == 0
    assert sweep_expired_orders(now=NOW + dt.timedelta(days=8)).cancelled == 1


def test_choosing_again_buys_no_more_time():
    _view, payment = choose_transfer()
    number = str(payment.order)
    later = NOW + dt.timedelta(days=1)
    again = start_payment(
        number=number, gateway="bank_transfer", return_url="http://x/", callback_url="http://x/", now=later
    )
    assert again.id == payment.id
    assert get_order(number=number).payment_due_at == NOW + dt.timedelta(days=7)


@pytest.mark.parametrize(("window", "minutes"), [(0, 15), (60, 15), (7 * 86400, 5)])
def test_a_deadline_is_kept_where_the_shop_or_the_sale_wants_it_so(settings, window, minutes):
    settings.BANK_TRANSFER_WINDOW_SECONDS = window
    due_at = NOW + dt.timedelta(minutes=minutes)
    order = buy((make_stock_item(), 1), due_at=due_at).order
    start_payment(
        number=order.number, gateway="bank_transfer", return_url="http://x/", callback_url="x", now=NOW
    )
    assert get_order(number=order.number).payment_due_at == due_at


def test_other_ways_to_pay_leave_the_deadline_alone():
    order = buy((make_stock_item(), 1)).order
    open_payment(order)
    assert get_order(number=order.number).payment_due_at == order.payment_due_at


@pytest.mark.parametrize("missing", ["BANK_TRANSFER_HOLDER", "BANK_TRANSFER_ACCOUNT"])
def test_without_an_account_there_is_no_bank_transfer(settings, missing):
    setattr(settings, missing, "")
    assert [name for name, _label in list_gateways()] == ["sandbox"]
    with pytest.raises(UnknownGateway):
        choose_transfer()


def test_nobody_reports_a_transfer_by_callback():
    with pytest.raises(InvalidSignature):
        receive_event(gateway="bank_transfer", headers={}, body=b"{}", now=NOW)


def test_money_that_staff_have_seen_pays_the_order_once():
    _view, payment = choose_transfer()
    receipt = confirm_payment(payment_id=payment.id, actor="staff:ann", now=NOW)
    assert receipt.outcome == "applied"
    assert status_of(payment) == ("paid", "succeeded")
    assert "staff:ann" in GatewayEvent.objects.get().body
    with pytest.raises(NotByHand):
        confirm_payment(payment_id=payment.id, actor="staff:ann", now=NOW)
    assert GatewayEvent.objects.count() == 1


def test_money_that_staff_saw_too_late_is_late():
    _view, payment = choose_transfer()
    sweep_expired_orders(now=NOW + dt.timedelta(days=8))
    deliver_outbox(now=NOW + dt.timedelta(days=8))
    assert status_of(payment) == ("cancelled", "cancelled")
    assert confirm_payment(payment_id=payment.id, actor="ann", now=NOW).outcome == "late_reserved"
    assert status_of(payment) == ("paid", "succeeded")


def test_staff_cannot_confirm_what_a_gateway_has_to_report():
    order = buy((make_stock_item(), 1)).order
    open_payment(order)
    with pytest.raises(NotByHand):
        confirm_payment(payment_id=Payment.objects.get().id, actor="ann", now=NOW)
    assert not GatewayEvent.objects.exists()


def test_a_refund_waits_until_staff_have_sent_it():
    _view, payment = choose_transfer()
    confirm_payment(payment_id=payment.id, actor="ann", now=NOW)
    refund_order(number=str(payment.order), reason="broken", actor="ann", now=NOW)
    deliver_outbox(now=NOW)
    assert not OutboxMessage.objects.get(topic="payment.refund", subscriber="payments").is_waiting
    assert list_refunds() == [(2000, "broken", "requested")]
    refund = Refund.objects.get()
    confirm_refund(refund_id=refund.id, actor="ann", now=NOW)
    refund.refresh_from_db()
    assert (refund.status, refund.reference, refund.succeeded_at) == ("succeeded", "ann", NOW)
    with pytest.raises(NotByHand):
        confirm_refund(refund_id=refund.id, actor="ann", now=NOW)


def test_staff_cannot_say_they_sent_what_a_gateway_sends():
    sale = make_paid_sale()
    refund_order(number=sale.order.number, reason="broken", actor="ann", now=NOW)
    with pytest.raises(NotByHand):
        confirm_refund(refund_id=Refund.objects.get().id, actor="ann", now=NOW)
    assert list_refunds() == [(2000, "broken", "requested")]


def test_a_refund_that_came_back_is_sent_again_once():
    sale = make_paid_sale()
    refund_order(number=sale.order.number, reason="broken", actor="ann", now=NOW)
    deliver_outbox(now=NOW)
    refund = Refund.objects.get()
    assert not resend_refund(refund_id=refund.id, now=NOW)
    Refund.objects.update(status="failed")
    assert [resend_refund(refund_id=refund.id, now=NOW) for _ in range(2)] == [True, False]
    deliver_outbox(now=NOW)
    assert list_refunds() == [(2000, "broken", "succeeded")]


def test_an_event_left_to_staff_is_closed_by_them_and_no_other():
    order = buy((make_stock_item(), 1)).order
    make_callback(open_payment(order), amount=1).deliver()
    event = GatewayEvent.objects.get()
    assert [close_event(event_pk=event.pk) for _ in range(2)] == [True, False]
    event.refresh_from_db()
    assert event.outcome == EventOutcome.SETTLED_BY_STAFF


@pytest.mark.django_db(transaction=True)
def test_staff_do_all_of_it_by_buttons():
    _view, payment = choose_transfer()
    manager = make_manager()
    assert "done" in said(press(manager, payment, "confirm"))
    assert status_of(payment) == ("paid", "succeeded")
    history = manager.get(f"/admin/payments/payment/{payment.pk}/history/")
    assert "The money has arrived" in history.content.decode()
    assert "done already" in said(press(manager, payment, "confirm"))
    refund_order(number=str(payment.order), reason="broken", actor="ann", now=NOW)
    assert "done" in said(press(manager, Refund.objects.get(), "refund_sent"))
    assert Refund.objects.get().status == "succeeded"
    GatewayEvent.objects.update(outcome="review")
    assert "done" in said(press(manager, GatewayEvent.objects.get(), "close"))
    assert GatewayEvent.objects.get().outcome == "settled_by_staff"


@pytest.mark.django_db(transaction=True)
def test_only_staff_who_may_confirm_have_the_button():
    _view, payment = choose_transfer()
    permissions = ("view_payment", "change_payment", "confirm_payment")
    clerk = make_staff(*permissions[:2])
    assert "/do/confirm/" not in clerk.get(page_of(payment)).content.decode()
    assert clerk.post(f"/admin/payments/payment/{payment.pk}/do/confirm/").status_code == 403
    assert status_of(payment) == ("pending", "started")
