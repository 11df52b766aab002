"""News of one payment from everywhere at once, and refunds that meet: one transition, no cent too much."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from django.db import transaction
from django.test import Client
from django.urls import reverse

from config.books import check_books
from orders.errors import InvalidTransition, RefundTooLarge
from orders.models import OutboxMessage
from orders.selectors import order_token
from orders.services import sweep_expired_orders
from payments.errors import NothingToRefund
from payments.models import GatewayEvent, Refund
from payments.services import apply_pending_events, refund_order
from tests.builders import NOW
from tests.concurrency.race import race
from tests.payments.making import get_event, make_paid_sale, make_sale
from tests.sessions import row_held, run_sql, start_thread, wait_for_statement

TIMES = 100
LATER = NOW + dt.timedelta(minutes=5)


def make_waiting_event():
    """Return an event that came before its payment's reference was known, and can be applied by now."""
    sale = make_sale()
    reference = sale.reference
    run_sql("UPDATE payments_payment SET reference = NULL WHERE reference = %s", reference)
    event = get_event(sale.tell())
    run_sql("UPDATE payments_payment SET reference = %s WHERE order_id = %s", reference, sale.order.id)
    return event


def come_back(sale):
    """Be led back from the provider's page to that of the order; return what it says."""
    number = sale.order.number
    page = Client().get(reverse("shop:order", args=[number, order_token(number=number)]))
    assert page.status_code == 200
    return page.content.decode()


def test_callbacks_and_the_browsers_return_a_hundred_times_at_once_are_one_transition_each_time():
    sales = [make_sale() for _ in range(TIMES // 4)]
    for sale in sales:
        first, second = sale.make_event(), sale.make_event()
        back = partial(come_back, sale)
        outcome = race([first.deliver, back, second.deliver, back, first.deliver, second.deliver])
        assert outcome.errors == []
        assert sale.status == "paid"
        assert "Thank you" in come_back(sale)
    ended = list(GatewayEvent.objects.values_list("outcome", flat=True))
    assert (ended.count("applied"), ended.count("duplicate")) == (len(sales), len(sales))
    assert OutboxMessage.objects.filter(topic="order.paid").count() == len(sales)


def test_late_money_whose_units_went_after_the_look_goes_back():
    sale = make_sale()
    assert sweep_expired_orders(now=NOW + dt.timedelta(hours=1)).cancelled == 1
    with ThreadPoolExecutor() as pool:
        with row_held("inventory_stockitem SET available = available - 5", sale.item.id, change="UPDATE"):
            paying = start_thread(pool, sale.tell)
            wait_for_statement("UPDATE inventory_stockitem")
        assert paying.result().outcome == "late_refunded"
    run_sql("UPDATE inventory_stockitem SET available = available + 5 WHERE id = %s", sale.item.id)
    assert (sale.status, sale.payment.refunded_amount) == ("cancelled", sale.order.total_amount)
    assert check_books() == []


def test_waiting_events_that_time_does_not_reach_are_left_to_the_next_call():
    make_waiting_event()
    assert apply_pending_events(now=LATER, seconds=0) == 0
    assert apply_pending_events(now=LATER) == 1


def test_an_event_that_somebody_applies_is_passed_by_and_keeps_no_other_waiting():
    held, other = make_waiting_event(), make_waiting_event()
    with transaction.atomic():
        GatewayEvent.objects.select_for_update().get(pk=held.pk)
        # To wait for it would take longer than this, and nothing is begun after that.
        outcome = race([partial(apply_pending_events, now=LATER, seconds=0.5)])
    assert outcome.results == [1]
    other.refresh_from_db()
    assert other.outcome == "applied"
    assert apply_pending_events(now=LATER) == 1


def test_refunds_at_once_never_exceed_what_was_paid():
    sale = make_paid_sale()

    def refund(number):
        refund_order(number=sale.order.number, amount=700, reason=f"part {number}", actor="ann", now=NOW)

    outcome = race([partial(refund, number) for number in range(8)])
    refused = outcome.count_errors(RefundTooLarge, InvalidTransition, NothingToRefund)
    assert len(outcome.results) == 2
    assert refused == 6
    assert sum(Refund.objects.values_list("amount", flat=True)) == 1400 <= sale.order.total_amount
    assert sale.payment.refunded_amount == 1400


def test_whole_refunds_at_once_send_the_money_back_once():
    sale = make_paid_sale()

    def refund():
        refund_order(number=sale.order.number, reason="broken", actor="ann", now=NOW)

    outcome = race([refund] * 8)
    assert outcome.count_errors(InvalidTransition, NothingToRefund) == 7
    assert list(Refund.objects.values_list("amount", flat=True)) == [sale.order.total_amount]
