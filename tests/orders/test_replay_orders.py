"""`manage.py replay_orders`: what the file says, what is placed, and what the audit would notice."""

import gzip
import json
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from inventory.models import StockItem
from inventory.selectors import get_stock_level
from orders.models import Order, OrderLine
from orders.replay.audit import audit_run
from orders.replay.errors import UnreadableOrderLog
from orders.replay.orderlog import read_order_log
from orders.replay.stocking import stock_up
from orders.replay.types import Invoice, Job, LoggedLine, OrderLog
from orders.services import place_order
from orders.types import LineDraft, OrderDraft
from tests.builders import NOW, make_stock_item

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
NEEDS_COMMITS = pytest.mark.django_db(transaction=True)


def write_log(folder: Path, *rows: str, header: str = HEADER, encoding: str = "latin-1") -> Path:
    """Write an order log."""
    path = folder / "log.csv"
    path.write_bytes("\n".join([header, *rows, ""]).encode(encoding))
    return path


def row(invoice: str, code: str, quantity: object, price: object = "2.55") -> str:
    """Return a row as the data set has it."""
    return f"{invoice},{code},THING {code},{quantity},2010-12-01 08:26:00,{price},17850.0,United Kingdom"


def read(path: Path, currency: str = "GBP") -> OrderLog:
    """Read a log."""
    return read_order_log(path=path, currency=currency)


def replay(path: Path, *options: str) -> dict[str, Any]:
    """Run the command with --json and return its report."""
    out = StringIO()
    call_command("replay_orders", str(path), "--json", *options, stdout=out)
    report: dict[str, Any] = json.loads(out.getvalue())
    return report


def test_rows_of_one_invoice_are_one_order_and_repeated_codes_stay_lines(tmp_path: Path):
    log = read(write_log(tmp_path, row("1", "A", 2), row("2", "B", 1), row("1", "A", 3, "1.005")))

    assert log.invoices == (
        Invoice("1", (LoggedLine("A", "THING A", 255, 2), LoggedLine("A", "THING A", 101, 3))),
        Invoice("2", (LoggedLine("B", "THING B", 255, 1),)),
    )
    assert (log.sum_demand(), log.rounded_prices) == ({"A": 5, "B": 1}, 1)


def test_what_is_no_sale_is_skipped_and_counted(tmp_path: Path):
    log = read(
        write_log(
            tmp_path,
            row("C1", "A", -2),
            row("C1", "A", 2),
            *(row("1", "A", quantity) for quantity in ("0", "-1", "", "two", "1.5", "NaN", "9" * 30)),
            *(row("1", "A", 1, price) for price in ("0", "0.0", "-1", "", "free", "inf")),
            row("1", "", 1),
            row("", "A", 1),
            "1,A,THING,1,2010-12-01 08:26:00,2.5",
            ",,,,,,,",
            row("2", "a", 1),
        )
    )

    assert (log.skipped_rows, log.cancellations) == (18, 1)
    assert log.invoices == (Invoice("2", (LoggedLine("a", "THING a", 255, 1),)),)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "utf-8-sig", "utf-16"])
def test_encodings_and_the_newer_column_names(tmp_path: Path, encoding: str):
    header = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country"
    path = write_log(tmp_path, "1,A,CAFÉ,1,2010-12-01,2,,France", header=header, encoding=encoding)

    assert read(path).invoices[0].lines == (LoggedLine("A", "CAFÉ", 200, 1),)


def test_columns_are_found_wherever_they_stand(tmp_path: Path):
    path = tmp_path / "log.csv.gz"
    path.write_bytes(gzip.compress(b"PRICE;quantity;Stock Code;Invoice No\r\n3;2;A;1\r\n"))

    assert read(path, "JPY").invoices == (Invoice("1", (LoggedLine("A", "A", 3, 2),)),)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"PK\x03\x04" + bytes(99), "not a CSV"),
        (b"a,b\n1,2\n", "missing: invoiceno, stockcode, quantity, unitprice"),
        (b"InvoiceNo,StockCode,Quantity\n1,A,1\n", "missing: unitprice"),
        (f"{HEADER}\n".encode(), "no usable rows"),
        (f"{HEADER}\n{row('C1', 'A', -1)}\n".encode(), "no usable rows"),
        (gzip.compress(b"x" * 1000, mtime=0)[:20], "cannot be read"),
    ],
)
def test_what_is_no_order_log_is_said_to_be_none(tmp_path: Path, content: bytes, words: str):
    path = tmp_path / "log.csv"
    path.write_bytes(content)

    with pytest.raises(UnreadableOrderLog, match=words):
        read(path)


@pytest.mark.parametrize(
    "options",
    [
        ["missing.csv"],
        ["."],
        ["x.csv", "--workers", "0"],
        ["x.csv", "--workers", "many"],
        ["x.csv", "--stock-factor", "-1"],
        ["x.csv", "--stock-factor", "0"],
        ["x.csv", "--stock-factor", "nan"],
        ["x.csv", "--strategy", "hope"],
    ],
)
def test_mistakes_are_explained(options: list[str]):
    with pytest.raises(CommandError):
        call_command("replay_orders", *options)


@NEEDS_COMMITS
@pytest.mark.parametrize("strategy", ["conditional", "pessimistic", "optimistic", "combined", "mixed"])
def test_too_little_stock_is_sold_out_exactly_and_nobody_is_refused_wrongly(tmp_path: Path, strategy: str):
    rows = [row(f"{number}", code, 1) for number in range(60) for code in ("HOT", f"COLD-{number % 7}")]
    path = write_log(tmp_path, *rows, row("C9", "HOT", -1))
    report = replay(path, "--workers", "6", "--stock-factor", "0.5", "--strategy", strategy)

    assert (report["orders_placed"], report["orders_refused"], report["orders_busy"]) == (
        report["units_sold"] // 2,
        60 - report["orders_placed"],
        0,
    )
    assert 0 < report["orders_placed"] <= 30
    assert (report["oversold_units"], report["false_refusals"], report["orders_failed"]) == (0, 0, 0)
    assert (report["books_balanced"], report["problems"]) == (True, [])
    assert (report["units_requested"], report["skipped_rows"]) == (120, 1)
    assert Order.objects.count() == report["orders_placed"]


@NEEDS_COMMITS
def test_enough_stock_serves_everybody(tmp_path: Path):
    path = write_log(tmp_path, *(row(f"{number % 10}", "A", 2) for number in range(20)))
    report = replay(path, "--workers", "3")

    assert (report["orders_placed"], report["orders_refused"], report["units_sold"]) == (10, 0, 40)
    assert OrderLine.objects.count() == 20


@NEEDS_COMMITS
def test_runs_and_the_live_shop_do_not_disturb_each_other(tmp_path: Path):
    live = make_stock_item(sku="A", on_hand=3)
    path = write_log(tmp_path, row("1", "A", 2))
    first, second = replay(path, "--workers", "1"), replay(path, "--workers", "1")

    assert (first["orders_placed"], second["orders_placed"]) == (1, 1)
    assert get_stock_level(sku="A") == live
    assert get_stock_level(sku=f"replay-{first['run']}-A").available == 0


@pytest.mark.django_db
def test_stock_is_the_share_of_demand_rounded_down():
    items = stock_up(
        run="x", demand={"A": 5, "B": 1}, factor=Decimal("0.6"), strategies=["optimistic"], now=NOW
    )

    assert {code: item.on_hand for code, item in items.items()} == {"A": 3, "B": 0}
    assert get_stock_level(sku="replay-x-A").locking_strategy == "optimistic"


class TestAudit:
    """The audit is what all claims rest on, so it must notice what never happens."""

    pytestmark = pytest.mark.django_db

    def sell(self, quantity: int) -> tuple[dict[str, Any], Job]:
        """Return the audit's arguments for a run with four units, some sold, and the job that sold them."""
        items = stock_up(run="x", demand={"A": 4}, factor=Decimal(1), strategies=["conditional"], now=NOW)
        line = LineDraft(items["A"].id, items["A"].sku, "A", 100, quantity)
        job = Job("1", OrderDraft("a@example.com", "USD", (line,), NOW))
        place_order(draft=job.draft, idempotency_scope="replay:x", idempotency_key="1", now=NOW)
        return {"run": "x", "scope": "replay:x", "items": items.values(), "placed": 1, "refused": []}, job

    def test_a_sound_run_has_nothing_to_report(self):
        arguments, _job = self.sell(3)
        audit = audit_run(**arguments)

        assert (audit.units_sold, audit.oversold_units, audit.false_refusals, audit.problems) == (3, 0, 0, ())

    def test_units_beyond_the_stock_are_oversold(self):
        arguments, _job = self.sell(3)
        OrderLine.objects.update(quantity=9)
        audit = audit_run(**arguments)

        assert (audit.units_sold, audit.oversold_units) == (9, 5)
        assert "ordered 9, reserved 3" in audit.problems[0]

    def test_a_refusal_that_still_fits_is_a_false_one(self):
        arguments, job = self.sell(2)

        assert audit_run(**{**arguments, "refused": [job]}).false_refusals == 1

    def test_a_refusal_that_no_longer_fits_is_right(self):
        arguments, job = self.sell(3)

        assert audit_run(**{**arguments, "refused": [job]}).false_refusals == 0

    def test_an_order_that_got_lost_is_missed(self):
        arguments, _job = self.sell(3)

        assert "2 orders were confirmed" in audit_run(**{**arguments, "placed": 2}).problems[0]

    def test_a_counter_that_left_the_ledger_is_noticed(self):
        arguments, _job = self.sell(3)
        StockItem.objects.update(available=0)

        assert "available 0" in audit_run(**arguments).problems[0]
