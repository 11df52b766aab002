"""Bank statements: every line is taken once, and what fits no payment waits for staff."""

import datetime as dt
import io
import json

import pytest
from django.core.management import CommandError, call_command

from orders.selectors import get_order
from orders.services import cancel_order, mark_paid, sweep_expired_orders
from payments.errors import UnreadableStatement
from payments.models import GatewayEvent, Payment
from payments.services import confirm_payment, reapply_event
from payments.statements.reading import BadLine, parse_amount, read_statement
from tests.builders import NOW
from tests.payments.transfers import choose_transfer, list_outcomes, switch_on, take, write_statement

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _bank(settings):
    switch_on(settings)


@pytest.fixture
def payment():
    return choose_transfer()[1]


def line_for(payment, amount="20.00", *, name="t1", currency="USD", text="{}"):
    return f"2026-03-01;{amount};{currency};{text.format(payment.reference)};Jane Doe;{name}"


def status_of(payment):
    payment.refresh_from_db()
    return get_order(number=str(payment.order)).status, payment.status


def test_a_transfer_with_the_right_reference_and_amount_pays_its_order(payment):
    [result] = take(write_statement(line_for(payment)))
    assert (result.outcome, result.is_new, result.line, result.amount) == ("applied", True, 2, 2000)
    assert status_of(payment) == ("paid", "succeeded")
    event = GatewayEvent.objects.get()
    assert (event.payment, event.kind, event.event_id) == (payment, "payment.succeeded", "line:t1")
    assert "Jane Doe" in event.body


def test_a_statement_imported_again_changes_nothing(payment):
    statement = write_statement(line_for(payment))
    take(statement)
    [again] = take(statement)
    assert (again.outcome, again.is_new) == ("applied", False)
    assert GatewayEvent.objects.count() == 1


def test_a_line_is_known_again_in_a_longer_statement_without_names_of_lines(payment):
    header = "Date,Amount,Reference"
    line = f"2026-03-01,20.00,{payment.reference}"
    other = "2026-03-01,5.00,something else"
    take(write_statement(line, header=header))
    results = take(write_statement(other, line, header=header))
    assert [(result.outcome, result.is_new) for result in results] == [("review", True), ("applied", False)]


def test_two_equal_transfers_of_a_day_are_two(payment):
    header = "Date,Amount,Reference"
    line = f"2026-03-01,20.00,{payment.reference}"
    statement = write_statement(line, line, header=header)
    assert list_outcomes(statement) == ["applied", "review"]
    assert list_outcomes(statement) == ["applied", "review"]
    assert GatewayEvent.objects.count() == 2


def test_money_that_staff_saw_first_is_not_taken_twice_and_other_money_is_noticed(payment):
    confirm_payment(payment_id=payment.id, actor="ann", now=NOW)
    lines = (line_for(payment), line_for(payment, name="t2"))
    assert list_outcomes(write_statement(*lines)) == ["duplicate", "review"]
    payment.refresh_from_db()
    assert payment.received_amount == 2000


@pytest.mark.parametrize(("amount", "currency"), [("19.99", "USD"), ("20.01", "USD"), ("20.00", "EUR")])
def test_the_wrong_amount_waits_for_staff(payment, amount, currency):
    assert list_outcomes(write_statement(line_for(payment, amount, currency=currency))) == ["amount_mismatch"]
    assert status_of(payment) == ("pending", "review")


def test_an_order_number_alone_is_enough(payment):
    text = f"my order {payment.order}"
    assert list_outcomes(write_statement(line_for(payment, text=text))) == ["applied"]


def test_a_transfer_that_names_no_payment_waits_for_staff_at_once(payment):
    [result] = take(write_statement(line_for(payment, text="birthday money 0AM4H4PTECVTX")))
    assert (result.outcome, result.detail) == ("review", "it names no payment")
    assert GatewayEvent.objects.get().latest_error == "it names no payment"


def test_a_transfer_that_names_two_payments_waits_for_staff(payment):
    other = choose_transfer()[1]
    line = line_for(payment, "40.00", text=f"{payment.reference} {other.reference}")
    assert list_outcomes(write_statement(line)) == ["review"]
    assert {status_of(one) for one in (payment, other)} == {("pending", "started")}


def test_a_reference_nobody_has_waits_and_is_applied_when_its_payment_is_there(payment):
    Payment.objects.update(reference="other")
    line = f"2026-03-01;20.00;USD;{reference_of(payment)};Jane;t1"
    assert list_outcomes(write_statement(line)) == ["waiting"]
    Payment.objects.update(reference=reference_of(payment))
    assert reapply_event(event_pk=GatewayEvent.objects.get().pk, now=NOW)
    assert status_of(payment) == ("paid", "succeeded")


def reference_of(payment):
    return payment.redirect_url.rstrip("/").rsplit("/", 1)[-1].partition(":")[0]


def test_what_leaves_the_account_is_none_of_our_business(payment):
    lines = (line_for(payment, "-20.00"), line_for(payment, "0.00"), line_for(payment, ""))
    assert list_outcomes(write_statement(*lines)) == ["left_the_account"] * 3
    assert not GatewayEvent.objects.exists()


def test_a_line_that_cannot_be_read_holds_up_no_other(payment):
    lines = (
        line_for(payment, "twenty"),
        line_for(payment, currency="US$"),
        "",
        "just;some",
        line_for(payment, "20.0055"),
        line_for(payment),
    )
    outcomes = [(result.line, result.outcome) for result in take(write_statement(*lines))]
    assert outcomes == [*((line, "unreadable") for line in (2, 3, 5, 6)), (7, "applied")]
    assert GatewayEvent.objects.count() == 1


def test_a_dry_run_says_what_would_happen_and_writes_nothing(payment):
    known = line_for(payment, "3.00", name="t0", text="nothing")
    take(write_statement(known))
    lines = (
        known,
        line_for(payment),
        line_for(payment, "1.00", name="t2"),
        line_for(payment, name="t3", text="no idea"),
        f"2026-03-01;20.00;USD;RF18539007547034{'0'};J;t4",
        "2026-03-01;20.00;USD;RF39000000000000A;J;t5",
    )
    results = take(write_statement(*lines), dry_run=True)
    assert [(result.outcome, result.is_new) for result in results][:4] == [
        *[("review", False), ("applied", True), ("review", True), ("review", True)]
    ]
    assert status_of(payment) == ("pending", "started")
    assert GatewayEvent.objects.count() == 1


def pay_otherwise(payment):
    mark_paid(order_id=payment.order_id, now=NOW)


def cancel(payment):
    cancel_order(number=str(payment.order), reason="staff", actor="staff:ann", now=NOW)


def let_expire(payment):
    sweep_expired_orders(now=NOW + dt.timedelta(days=30))


def take_already(payment):
    take(write_statement(line_for(payment, name="t0")))


def see_by_hand(payment):
    confirm_payment(payment_id=payment.id, actor="ann", now=NOW)


@pytest.mark.parametrize("late", ["reserve", "refund"])
@pytest.mark.parametrize("amount", ["20.00", "19.99"])
@pytest.mark.parametrize("happen", [pay_otherwise, cancel, let_expire, take_already, see_by_hand])
def test_a_dry_run_foresees_what_comes_of_a_line_whatever_happened_before(
    payment, settings, happen, amount, late
):
    settings.LATE_PAYMENT = late
    happen(payment)
    statement = write_statement(line_for(payment, amount))
    foreseen = list_outcomes(statement, dry_run=True)
    assert list_outcomes(statement) == foreseen


EXPORTS = [
    ("Date,Amount,Reference", "2026-03-01,20.00,{}"),
    ("date\tamount\tdescription", "2026-03-01\t20.00\tpay {}"),
    ("Buchungstag;Betrag;Währung;Verwendungszweck", '01.03.2026;"20,00";USD;"Bestellung {}, danke"'),
    ("Date|Paid out|Paid in|Details", "01/03/2026||$20.00|{}"),
    ("交易日期,收入,币种,附言", "2026-03-01,20.00,USD,{}"),
    ('"Date","Amount","Reference"', '"2026-03-01","+20.00","{}"'),
    ("Account 12345\nfrom,to\n\nDate,Amount,Reference", "2026-03-01,20.00,{}"),
]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "gb18030", "cp1252"]


@pytest.mark.parametrize(
    ("header", "line", "encoding"),
    [
        (header, line, encoding)
        for header, line in EXPORTS
        for encoding in ENCODINGS
        if encoding != "cp1252" or "交" not in header
    ],
)
def test_statements_of_many_banks_are_read(payment, header, line, encoding):
    text = f"{header}\r\n{line.format(payment.reference)}\r\n"
    assert list_outcomes(text.encode(encoding)) == ["applied"]


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"\n\n", b"hello", b"Date;Amount\n1;2", b"\0\0\0\0"),
        *(b"\xff\xfe", b"Date,Reference\n", bytes(range(256))),
    ],
)
def test_what_is_no_statement_is_said_to_be_none(content):
    with pytest.raises(UnreadableStatement):
        take(content)


def test_a_statement_larger_than_any_is_refused():
    with pytest.raises(UnreadableStatement):
        take(b"Date;Amount;Reference\n" + b"x" * 20_000_000)


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("20", "USD", 2000),
        ("20.5", "USD", 2050),
        ("20,50", "EUR", 2050),
        ("1.234,56", "EUR", 123456),
        ("1,234.56", "USD", 123456),
        ("1'234.56", "CHF", 123456),
        ("1 234,56", "EUR", 123456),
        ("1.234", "EUR", 123400),
        ("1,234,567", "USD", 123456700),
        ("EUR 12.00", "EUR", 1200),
        ("-3.20", "USD", -320),
        ("3.20-", "USD", -320),
        ("(3.20)", "USD", -320),
        ("1,234", "JPY", 1234),
        ("1234.00", "JPY", 1234),
        ("1.234", "KWD", 1234),
        ("1,234.567", "KWD", 1234567),
    ],
)
def test_amounts_are_read_as_banks_write_them(text, currency, amount):
    assert parse_amount(text, currency) == amount


@pytest.mark.parametrize(
    "text", ["", "x", "1.2.3,4,5", "0.001", "1,234.567", "NaN", "1e9", "٢٠", "--", "9" * 40, ".", "1.2.3"]
)
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError, match="is no amount"):
        parse_amount(text, "USD")


def test_a_line_without_its_columns_is_bad_and_not_the_end():
    [line] = read_statement(b"Date;Amount;Currency;Reference\n1;2;1234;x", currency="USD")
    assert isinstance(line, BadLine)


def run(*arguments):
    out = io.StringIO()
    call_command("import_bank_statement", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_reports_what_it_did(payment, tmp_path):
    file = tmp_path / "june.csv"
    file.write_bytes(write_statement(line_for(payment)))
    rehearsal = json.loads(run(str(file), "--dry-run", "--json"))
    assert (rehearsal["dry_run"], rehearsal["outcomes"]) == (True, {"applied": 1})
    assert status_of(payment) == ("pending", "started")
    assert f"line 2: applied $20.00 {payment.reference}" in run(str(file))
    assert status_of(payment) == ("paid", "succeeded")
    assert "1 lines: 1 applied" in run(str(file))


def test_the_command_fails_for_bad_lines_and_files(payment, tmp_path):
    file = tmp_path / "june.csv"
    file.write_bytes(write_statement(line_for(payment, "twenty"), line_for(payment)))
    with pytest.raises(SystemExit):
        run(str(file))
    assert status_of(payment) == ("paid", "succeeded")
    file.write_bytes(b"hello")
    with pytest.raises(CommandError, match="no header"):
        run(str(file))
    with pytest.raises(CommandError, match="No such file"):
        run(str(tmp_path / "missing.csv"))
