"""Orders that are paid by bank transfer, and statements that tell of it."""

import datetime as dt
from typing import Any

from django.utils import timezone

from payments.models import Payment
from payments.services import import_statement, start_payment
from payments.statements.importing import LineResult
from payments.types import PaymentView
from tests.builders import NOW, buy, make_stock_item

HEADER = "Date;Amount;Currency;Reference;Name;Transaction ID"


def switch_on(settings: Any) -> None:
    """Be a shop with an account at a bank."""
    settings.PAYMENT_GATEWAYS = ["bank_transfer", "sandbox"]
    settings.BANK_TRANSFER_HOLDER = "Holdfast Ltd"
    settings.BANK_TRANSFER_ACCOUNT = "DE02 1203 0000 0000 2020 51"
    settings.BANK_TRANSFER_BIC = "BYLADEM1001"
    settings.BANK_TRANSFER_WINDOW_SECONDS = 7 * 24 * 3600


def choose_transfer(*, now: Any = NOW) -> tuple[PaymentView, Payment]:
    """Place an order of 20.00 and choose to pay it by transfer."""
    order = buy((make_stock_item(), 2), now=now, due_at=now + dt.timedelta(minutes=15)).order
    view = start_payment(
        number=order.number,
        gateway="bank_transfer",
        return_url="http://testserver/orders/back/",
        callback_url="http://testserver/hook/",
        now=now,
    )
    return view, Payment.objects.get(id=view.id)


def write_statement(*lines: str, header: str = HEADER) -> bytes:
    """Return a statement with these lines."""
    return "\n".join((header, *lines)).encode()


def take(content: bytes, *, dry_run: bool = False) -> list[LineResult]:
    """Import a statement now."""
    return list(import_statement(content=content, dry_run=dry_run, now=timezone.now()))


def list_outcomes(content: bytes, *, dry_run: bool = False) -> list[str]:
    """Import a statement and return what became of each line."""
    return [result.outcome for result in take(content, dry_run=dry_run)]
