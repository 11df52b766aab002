"""The page on which staff upload a bank's statement."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from orders.selectors import get_order
from payments.gateways.bank_transfer.references import reference_for
from payments.models import GatewayEvent
from payments.statement_form import MAX_LINES, MAX_UPLOAD_BYTES
from tests.payments.transfers import HEADER, choose_transfer, switch_on, take, write_statement
from tests.staff import make_manager, make_staff, said

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _bank(settings):
    switch_on(settings)


@pytest.fixture
def payment():
    return choose_transfer()[1]


def address():
    return reverse("admin:payments_payment_statement")


def line_for(payment, amount="20.00", *, name="t1"):
    return f"2026-03-01;{amount};USD;{payment.reference};Jane Doe;{name}"


def upload(client, content, **headers):
    return client.post(address(), {"file": SimpleUploadedFile("june.csv", content)}, headers=headers)


def confirm(client, statement):
    return client.post(address(), {"statement": statement}, follow=True)


def outcomes_in(page):
    return [row[3] for row in page.context["rows"]]


def errors_in(page):
    return page.context["form"].errors["file"]


def test_the_preview_says_what_each_line_would_do_and_writes_nothing(payment):
    take(write_statement("2026-03-01;1.00;USD;flowers;Joe;t0"))
    page = upload(
        make_manager(),
        write_statement(
            "2026-03-01;1.00;USD;flowers;Joe;t0",
            line_for(payment),
            line_for(payment, name="t2"),
            "2026-03-01;5.00;USD;hello;Joe;t3",
            f"2026-03-01;5.00;USD;{reference_for('0AM60E4CKZCHD')};Joe;t4",
            "2026-03-01;-5.00;USD;rent;Landlord;t5",
        ),
    )
    assert outcomes_in(page) == [
        "Seen before: nothing to do",
        "Pays its order",
        "Waiting for staff",
        "Waiting for staff: it names no payment",
        "Unknown reference, waiting for staff",
        "Money that left the account: nothing to do",
    ]
    assert GatewayEvent.objects.count() == 1
    payment.refresh_from_db()
    assert payment.received_amount == 0


def test_the_wrong_amount_is_foreseen(payment):
    page = upload(make_manager(), write_statement(line_for(payment, "19.99")))
    assert outcomes_in(page) == ["Wrong amount, waiting for staff"]


def test_confirming_twice_books_once(payment):
    anna = make_manager()
    statement = upload(anna, write_statement(line_for(payment))).context["statement"]
    assert "Pays its order: 1" in said(confirm(anna, statement))
    assert "Seen before: nothing to do: 1" in said(confirm(anna, statement))
    payment.refresh_from_db()
    assert (payment.received_amount, get_order(number=str(payment.order)).status) == (2000, "paid")
    assert GatewayEvent.objects.count() == 1
    assert "Pays its order: 1" in LogEntry.objects.earliest("id").change_message


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030", "cp1252"])
def test_every_encoding_the_importer_knows_can_be_uploaded(payment, encoding):
    content = write_statement(line_for(payment)).decode().encode(encoding)
    assert outcomes_in(upload(make_manager(), content)) == ["Pays its order"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n\x00\xff\xfe", "no header with an amount and a text"),
        (b"\xff\xfe\x00", "no header"),
        (b"PK\x03\x04 a workbook of today", "open it in Excel and save it as CSV"),
        (b"\xd0\xcf\x11\xe0 a workbook of long ago", "open it in Excel and save it as CSV"),
        (HEADER.encode(), "no lines below the header"),
        (write_statement("2026-03-01;lots;USD;x;y;t1"), "line 2: 'lots' is no amount"),
        (write_statement("2026-03-01;1.00;dollars;x;y;t1"), "line 2: 'DOLLARS' is no currency"),
        (write_statement(f"2026-03-01;1.00;USD;{'x' * 200_000};y;t1"), "line 2: field larger"),
        (write_statement(*["2026-03-01;1.00;USD;x;y;"] * (MAX_LINES + 1)), "more than 500 lines"),
        (b"x" * (MAX_UPLOAD_BYTES + 1), "larger than 1 MB"),
    ],
)
def test_a_bad_file_is_refused_with_its_line_and_the_reason(content, problem):
    page = upload(make_manager(), content)
    assert page.status_code == 200
    assert problem in " ".join(errors_in(page))
    assert page.context["statement"] == ""
    assert not GatewayEvent.objects.exists()


def test_one_bad_line_holds_back_the_whole_file_and_every_bad_line_is_named(payment):
    page = upload(make_manager(), write_statement(line_for(payment), "a;b;USD;c;d;e", "a;1.234.5;USD;c;d;f"))
    assert [text.split(":")[0] for text in errors_in(page)] == ["line 3", "line 4"]


def test_the_largest_file_comes_through_the_preview(payment):
    anna = make_manager()
    filler = "\n" * (MAX_UPLOAD_BYTES - len(write_statement(line_for(payment))))
    page = upload(anna, write_statement(line_for(payment)) + filler.encode())
    assert "Pays its order: 1" in said(confirm(anna, page.context["statement"]))


def test_a_line_with_a_name_longer_than_any_column_counts_once(payment):
    anna = make_manager()
    content = write_statement(line_for(payment, name="t" * 300))
    confirm(anna, upload(anna, content).context["statement"])
    assert outcomes_in(upload(anna, content)) == ["Seen before: nothing to do"]
    payment.refresh_from_db()
    assert payment.received_amount == 2000


def test_a_preview_that_was_changed_or_belongs_to_somebody_else_books_nothing(payment):
    statement = upload(make_manager(), write_statement(line_for(payment))).context["statement"]
    vera = make_staff("confirm_payment", "view_payment")
    for sent in (statement, statement[:-1], "", "x:y:z"):
        assert "upload the file again" in said(confirm(vera, sent))
    assert not GatewayEvent.objects.exists()


def test_only_those_who_may_confirm_transfers_find_the_page(payment):
    vera = make_staff("view_payment")
    listed = vera.get(reverse("admin:payments_payment_changelist"))
    assert address() not in listed.content.decode()
    assert vera.get(address()).status_code == 403
    assert upload(vera, write_statement(line_for(payment))).status_code == 403
    anna = make_manager()
    assert address() in anna.get(reverse("admin:payments_payment_changelist")).content.decode()
    assert anna.get(address()).status_code == 200


def test_problems_are_told_in_chinese():
    content = write_statement("2026-03-01;lots;USD;x;y;t1")
    page = upload(make_manager(), content, accept_language="zh-hans")
    assert errors_in(page) == ["第 2 行：'lots' 不是金额"]
