"""The gateway's own list against our payments: what got lost on the way is found, and repaired if safe."""

import datetime as dt
import io
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders.services import cancel_order, deliver_outbox, sweep_expired_orders
from payments.gateways.sandbox import provider
from payments.models import GatewayEvent, Payment, ReconciliationFinding
from payments.services import dismiss_finding, reconcile_payments, refund_order
from payments.tasks import reconcile_payments as reconcile_task
from tests.faults.stripe_peer import Fault, StripePeer
from tests.faults.stripe_sale import make_paid_stripe_sale, make_stripe_sale, place, start
from tests.payments.making import make_paid_sale, make_sale
from tests.sessions import run_sql
from tests.staff import make_manager, page_of, press, said

pytestmark = pytest.mark.django_db(transaction=True)


def run(*, repair: bool = False):
    """Reconcile, and return the report on Stripe."""
    reports = reconcile_payments(now=timezone.now(), since=None, repair=repair)
    return next(report for report in reports if report.gateway == "stripe")


def list_open() -> list[tuple[str, int, int]]:
    """Return (kind, ours, the gateway's) of the findings that somebody has to look at."""
    rows = ReconciliationFinding.objects.filter(resolved_at=None, dismissed_at=None).order_by("id")
    return list(rows.values_list("kind", "expected", "actual"))


def forget_answer():
    """Be the shop that crashed between the gateway's answer and its own note of it."""
    run_sql("UPDATE payments_payment SET reference = NULL, redirect_url = ''")


def test_a_shop_and_a_gateway_that_agree_have_no_finding(peer: StripePeer) -> None:
    paid, opened, late = (make_stripe_sale() for _ in range(3))
    peer.pay(paid.session)
    peer.pay_later(late.session)
    declined = make_stripe_sale()
    peer.decline(declined.session)
    gone = make_stripe_sale()
    peer.deliver_all()
    cancel_order(number=gone.order.number, reason="customer", actor="test", now=timezone.now())
    deliver_outbox(now=timezone.now())
    peer.deliver_all()
    refunded = make_paid_stripe_sale(peer)
    refund_order(number=refunded.order.number, reason="broken", actor="ann", now=timezone.now())
    assert run().findings == ()
    deliver_outbox(now=timezone.now())
    report = run()
    assert (report.findings, report.charges, report.error) == ((), 6, "")
    assert not ReconciliationFinding.objects.exists()
    assert opened.status == "pending"


def test_money_whose_callbacks_were_all_lost_is_found_and_taken(peer):
    sale = make_stripe_sale()
    peer.pay(sale.session)
    peer.drop_all()
    assert [finding.kind for finding in run().findings] == ["payment_behind"]
    assert list_open() == [("payment_behind", 0, 2000)]
    assert sale.status == "pending"
    report = run(repair=True)
    assert (report.findings, len(report.repaired)) == ((), 1)
    assert (sale.status, sale.payment.status) == ("paid", "succeeded")
    assert list_open() == []
    event = GatewayEvent.objects.get()
    assert (event.outcome, event.event_id) == ("applied", f"list:{sale.session}:succeeded")
    assert run(repair=True).repaired == ()


def test_runs_and_callbacks_at_the_same_time_take_the_money_once(peer):
    sale = make_stripe_sale()
    peer.pay(sale.session)
    events = peer.drop_all()

    def work(number: int) -> None:
        try:
            if number % 2:
                run(repair=True)
            else:
                peer.deliver(events)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as workers:
        list(workers.map(work, range(6)))
    assert (sale.status, sale.payment.received_amount) == ("paid", 2000)
    assert GatewayEvent.objects.filter(outcome="applied").count() == 1
    assert run().findings == ()


def test_a_callback_that_comes_after_all_finds_its_money_taken(peer):
    sale = make_stripe_sale()
    peer.pay(sale.session)
    run(repair=True)
    assert peer.deliver_all() == ["duplicate", "duplicate"]
    assert sale.payment.received_amount == 2000


def test_money_for_an_order_that_expired_meanwhile_is_late_and_not_lost(peer):
    sale = make_stripe_sale()
    peer.pay(sale.session)
    peer.drop_all()
    sweep_expired_orders(now=sale.order.payment_due_at + dt.timedelta(seconds=1))
    run(repair=True)
    assert sale.status == "paid"
    assert GatewayEvent.objects.get().outcome == "late_reserved"


def test_money_on_a_session_whose_reference_was_never_saved_is_found_and_taken(peer):
    sale = make_stripe_sale()
    forget_answer()
    peer.pay(sale.session)
    peer.drop_all()
    assert [finding.kind for finding in run().findings] == ["reference_not_saved"]
    assert len(run(repair=True).repaired) == 1
    assert (sale.status, sale.payment.reference) == ("paid", sale.session)


def test_an_open_session_whose_reference_was_never_saved_is_noted(peer):
    sale = make_stripe_sale()
    forget_answer()
    assert len(run(repair=True).repaired) == 1
    assert (sale.payment.reference, start(sale).redirect_url) == (
        sale.session,
        peer.records.sessions[sale.session]["url"],
    )
    assert len(peer.records.sessions) == 1


def test_a_session_whose_reference_was_never_saved_is_closed_if_its_order_is_gone(peer):
    sale = make_stripe_sale()
    forget_answer()
    cancel_order(number=sale.order.number, reason="customer", actor="test", now=timezone.now())
    deliver_outbox(now=timezone.now())
    assert peer.records.sessions[sale.session]["status"] == "open"
    run(repair=True)
    deliver_outbox(now=timezone.now())
    assert peer.records.sessions[sale.session]["status"] == "expired"


def test_other_lost_news_is_told_again(peer):
    waiting, ended = make_stripe_sale(), make_stripe_sale()
    peer.pay_later(waiting.session)
    peer.records.expire_session(ended.session)
    peer.drop_all()
    assert len(run(repair=True).repaired) == 2
    assert (waiting.payment.status, ended.payment.status) == ("processing", "cancelled")
    assert run().findings == ()


def test_a_charge_no_order_knows_of_is_shown_and_left_alone(peer):
    sale = make_stripe_sale()
    peer.pay(sale.session)
    peer.drop_all()
    run_sql("DELETE FROM payments_payment")
    assert [finding.kind for finding in run(repair=True).findings] == ["charge_without_payment"]
    assert list_open() == [("charge_without_payment", 0, 2000)]
    assert not GatewayEvent.objects.exists()


def test_an_order_paid_without_a_charge_is_shown_and_left_alone(peer):
    lost, changed = make_paid_stripe_sale(peer), make_paid_stripe_sale(peer)
    del peer.records.sessions[lost.session]
    peer.records.sessions[changed.session].update(payment_status="unpaid", status="expired")
    assert {finding.kind for finding in run(repair=True).findings} == {"payment_without_charge"}
    assert list_open() == [("payment_without_charge", 2000, 0)] * 2
    assert (lost.status, changed.status) == ("paid", "paid")


def test_amounts_that_differ_are_shown(peer):
    sale = make_paid_stripe_sale(peer)
    run_sql("UPDATE payments_payment SET received_amount = 1999")
    assert [finding.kind for finding in run(repair=True).findings] == ["amount_differs"]
    assert list_open() == [("amount_differs", 1999, 2000)]
    assert sale.payment.received_amount == 1999


def test_money_in_the_wrong_amount_that_staff_look_at_already_is_no_finding(peer):
    sale = make_stripe_sale()
    peer.pay(sale.session, amount=1500, currency="eur")
    peer.deliver_all()
    assert sale.payment.status == "review"
    assert run().findings == ()


def test_money_sent_back_past_the_shop_is_shown(peer):
    sale = make_paid_stripe_sale(peer)
    peer.records.refund(str(sale.payment.charge_reference), 500, {})
    assert [finding.kind for finding in run(repair=True).findings] == ["refund_differs"]
    assert list_open() == [("refund_differs", 0, 500)]


def test_a_refund_that_never_left_is_shown(peer):
    sale = make_paid_stripe_sale(peer)
    refund_order(number=sale.order.number, reason="broken", actor="ann", now=timezone.now())
    run_sql("UPDATE payments_refund SET status = 'succeeded'")
    assert [finding.kind for finding in run().findings] == ["refund_differs"]


def test_a_second_charge_for_one_payment_is_shown(peer):
    sale = make_paid_stripe_sale(peer)
    peer.records.sessions[sale.session]["payment_intent"] = None
    peer.pay(sale.session)
    peer.drop_all()
    assert [finding.kind for finding in run().findings] == ["charged_twice"]


def test_a_twin_that_a_lost_answer_left_behind_is_neither_news_nor_a_finding(peer):
    sale = place()
    peer.fail("POST /v1/checkout/sessions", Fault.ERROR_AFTER, Fault.ERROR_AFTER)
    peer.fail("GET /v1/checkout/sessions", Fault.ERROR_BEFORE, Fault.ERROR_BEFORE)
    with pytest.raises(Exception, match="500"):
        start(sale, return_url="https://other.example/")
    start(sale)
    [twin] = [id_ for id_ in peer.records.sessions if id_ != sale.payment.reference]
    peer.records.expire_session(twin)
    assert peer.deliver_all() == ["ignored"]
    assert sale.payment.status == "started"
    peer.pay(str(sale.payment.reference))
    peer.deliver_all()
    assert run().findings == ()


def test_money_that_comes_while_we_compare_is_no_finding(peer):
    sale = make_stripe_sale()

    def pay_in_between(call: str) -> None:
        if call == "GET /v1/checkout/sessions" and sale.status == "pending":
            peer.on_call = None
            peer.pay(sale.session)
            assert peer.deliver_all() == ["applied", "duplicate"]

    peer.on_call = pay_in_between
    assert run().findings == ()
    assert sale.status == "paid"


def test_a_finding_that_is_gone_is_closed_and_one_that_comes_back_is_open_again(peer):
    sale = make_paid_stripe_sale(peer)
    for _ in range(2):
        run_sql("UPDATE payments_payment SET received_amount = 1999")
        run()
        assert list_open() == [("amount_differs", 1999, 2000)]
        Payment.objects.update(received_amount=2000)
        run()
        assert list_open() == []
    assert ReconciliationFinding.objects.count() == 1
    assert sale.status == "paid"


def test_what_staff_have_settled_stays_settled_until_it_changes(peer):
    sale = make_paid_stripe_sale(peer)
    charge = str(sale.payment.charge_reference)
    peer.records.refund(charge, 500, {})
    run()
    row = ReconciliationFinding.objects.get()
    assert [dismiss_finding(finding_id=row.id, now=timezone.now()) for _ in range(2)] == [True, False]
    assert run().findings == ()
    peer.records.refund(charge, 100, {})
    assert [finding.actual for finding in run().findings] == [600]


def test_a_run_costs_the_same_few_queries_however_many_payments_agree(peer):
    costs = []
    for _ in range(2):
        for _ in range(3):
            make_paid_stripe_sale(peer)
        with CaptureQueriesContext(connection) as queries:
            assert run().findings == ()
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_a_gateway_that_does_not_answer_is_reported_and_resolves_nothing(peer):
    sale = make_paid_stripe_sale(peer)
    peer.records.refund(str(sale.payment.charge_reference), 500, {})
    run()
    peer.fail("GET /v1/checkout/sessions", Fault.THROTTLED)
    report = run()
    assert "429" in report.error
    assert list_open() == [("refund_differs", 0, 500)]


def test_the_sandbox_is_reconciled_like_any_other(peer, settings):
    settings.PAYMENT_GATEWAYS = ["sandbox"]
    make_paid_sale()
    lost = make_sale()
    provider.settle_charge(lost.reference, approve=True)
    [report] = [one for one in reconcile_payments(now=timezone.now(), since=None, repair=True) if one.charges]
    assert [finding.kind for finding in report.repaired] == ["payment_behind"]
    assert lost.status == "paid"


def test_the_task_repairs_what_was_lost(peer):
    sale = make_stripe_sale()
    peer.pay(sale.session)
    peer.drop_all()
    reconcile_task.apply().get()
    assert sale.status == "paid"


def command(*arguments):
    """Run the command; return its exit code and what it wrote."""
    out, code = io.StringIO(), 0
    try:
        call_command("reconcile_payments", *arguments, stdout=out)
    except SystemExit as stop:
        code = int(str(stop.code))
    return code, out.getvalue()


def test_the_command_reports_repairs_and_fails_while_something_remains(peer):
    sale = make_stripe_sale()
    peer.pay(sale.session)
    peer.drop_all()
    code, text = command()
    assert (code, f"FINDING payment_behind stripe {sale.session}: ours $0.00" in text) == (1, True)
    code, text = command("--json", "--repair", "--since", "2020-01-31")
    [report] = [one for one in json.loads(text) if one["gateway"] == "stripe"]
    assert (code, [one["kind"] for one in report["repaired"]]) == (0, ["payment_behind"])
    assert command()[0] == 0
    peer.fail("GET /v1/checkout/sessions", Fault.THROTTLED)
    assert command()[0] == 1
    for day in ("yesterday", "2026-02-31"):
        with pytest.raises(CommandError, match="no day"):
            command("--since", day)


def test_staff_see_findings_and_settle_them(peer):
    sale = make_paid_stripe_sale(peer)
    peer.records.refund(str(sale.payment.charge_reference), 500, {})
    run()
    manager = make_manager()
    row = ReconciliationFinding.objects.get()
    shown = manager.get("/admin/payments/reconciliationfinding/", {"state": "open"})
    assert [one.pk for one in shown.context["cl"].result_list] == [row.pk]
    assert "$5.00" in manager.get(page_of(row)).content.decode()
    assert "done" in said(press(manager, row, "dismiss"))
    assert list_open() == []
