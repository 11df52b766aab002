"""Matching the lines of a statement to payments by reference, and taking their money through the inbox."""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from django.conf import settings
from django.utils.translation import gettext_noop

from payments.gateways.bank_transfer.gateway import NAME
from payments.gateways.bank_transfer.references import find_order_references, find_references
from payments.gateways.base import EventContent, EventKind
from payments.inbox import bound_id, record_event, record_unreadable
from payments.models import EventOutcome, GatewayEvent, Payment
from payments.statements.foreseeing import foresee_outcome
from payments.statements.reading import BadLine, StatementLine, read_statement

UNREADABLE = "unreadable"
LEFT = "left_the_account"


@dataclass(frozen=True, slots=True)
class LineResult:
    """What became of a line: the outcome of its event, `unreadable`, or that money left.

    Amounts are minor units. `is_new` is false for a line that was imported before. In a dry run the outcome
    is what it would be.
    """

    line: int
    outcome: str
    is_new: bool
    reference: str = ""
    amount: int = 0
    currency: str = ""
    detail: str = ""


def import_statement(*, content: bytes, dry_run: bool, now: dt.datetime) -> Iterator[LineResult]:
    """Take the money that a statement tells of; every line once, however often it is imported.

    Yields a result for each line, as it goes. Raises UnreadableStatement. Opens its own transactions, one
    line at a time; a dry run writes nothing.
    """
    taken: set[int] = set()
    for line in read_statement(content, currency=settings.SHOP_CURRENCY):
        if isinstance(line, BadLine):
            yield LineResult(line.number, UNREADABLE, is_new=True, detail=line.problem)
        elif line.amount <= 0:
            yield LineResult(line.number, LEFT, is_new=False, amount=line.amount, currency=line.currency)
        else:
            yield _foresee(line, taken) if dry_run else _take(line, now)


def _take(line: StatementLine, now: dt.datetime) -> LineResult:
    references = _list_references(line)
    body = json.dumps(asdict(line), ensure_ascii=False)
    if len(references) == 1:
        [reference] = references
        content = EventContent(
            EventKind.SUCCEEDED, reference, line.amount, line.currency, charge_reference=bound_id(line.id)
        )
        receipt = record_event(gateway=NAME, event_id=line.id, body=body, content=content, now=now)
    else:
        problem = _explain(references)
        receipt = record_unreadable(gateway=NAME, event_id=line.id, body=body, problem=problem, now=now)
    return _report(line, references, receipt.outcome, is_new=not receipt.duplicate)


def _foresee(line: StatementLine, taken: set[int]) -> LineResult:
    """Return what importing a line would come to, as things are now; `taken`: payments of lines above it."""
    references = _list_references(line)
    known = GatewayEvent.objects.filter(gateway=NAME, event_id=bound_id(line.id)).first()
    if known is not None:
        return _report(line, references, known.outcome, is_new=False)
    if len(references) != 1:
        return _report(line, references, EventOutcome.REVIEW, is_new=True)
    payment = Payment.objects.filter(gateway=NAME, reference__in=references).select_related("order").first()
    if payment is None:
        return _report(line, references, EventOutcome.UNKNOWN_REFERENCE, is_new=True)
    # The money of another line of this file: it is other money, however right its amount is.
    is_other = payment.pk in taken
    taken.add(payment.pk)
    outcome = EventOutcome.REVIEW if is_other else foresee_outcome(line, payment)
    return _report(line, references, outcome, is_new=True)


def _list_references(line: StatementLine) -> set[str]:
    """Return the payment references a customer wrote; if none, those of orders whose number they wrote."""
    if found := find_references(line.text):
        return found
    possible = find_order_references(line.text)
    known = Payment.objects.filter(gateway=NAME, reference__in=possible).values_list("reference", flat=True)
    return {reference for reference in known if reference}


def _explain(references: set[str]) -> str:
    return gettext_noop("it names several payments") if references else gettext_noop("it names no payment")


def _report(line: StatementLine, references: set[str], outcome: str, *, is_new: bool) -> LineResult:
    return LineResult(
        line.number,
        outcome or "waiting",
        is_new,
        reference=" ".join(sorted(references)),
        amount=line.amount,
        currency=line.currency,
        detail="" if len(references) == 1 else _explain(references),
    )
