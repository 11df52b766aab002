"""Orders that have something to tell, and the postman."""

import datetime as dt
import re
from dataclasses import dataclass, replace

from django.core import mail
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.utils import timezone

from orders.models import OutboxMessage
from orders.services import deliver_outbox, place_order
from orders.types import OrderView
from shop.models import SentMail
from tests.builders import make_draft, make_payment_callback, make_stock_item


def place(*, email: str = "ada@example.com", language: str = "", unit_price: int = 1000) -> OrderView:
    """Place an order of two units, to be paid within a quarter of an hour from this very moment."""
    now = timezone.now()
    due_at = now + dt.timedelta(minutes=15)
    draft = make_draft((make_stock_item(), 2), unit_price=unit_price, due_at=due_at)
    return place_order(
        draft=replace(draft, email=email, language=language),
        idempotency_scope="test",
        idempotency_key=f"{now.timestamp()}",
        now=now,
    ).order


def pay(order: OrderView, *, now: dt.datetime | None = None) -> str:
    """Pay an order in full and return what came of it."""
    return make_payment_callback(order, now=timezone.now()).deliver(now=now or timezone.now()).outcome


@dataclass(frozen=True)
class Post:
    """A mail as its reader has it."""

    subject: str
    text: str
    html: str
    message: EmailMultiAlternatives


def deliver(*, later: dt.timedelta = dt.timedelta(0)) -> list[Post]:
    """Deliver the outbox and return the mail that went out by it."""
    mail.outbox.clear()
    deliver_outbox(now=timezone.now() + later)
    return [to_post(message) for message in mail.outbox]


def to_post(message: EmailMessage) -> Post:
    """Return a mail's parts."""
    assert isinstance(message, EmailMultiAlternatives)
    (html, _kind) = message.alternatives[0]
    return Post(str(message.subject), str(message.body), str(html), message)


def find_link(message: EmailMessage) -> str:
    """Return the path of the first link in a mail."""
    return str(re.search(r"https?://[^/]+(/\S+)", str(message.body))[1])  # type: ignore[index]


def list_sent() -> list[str]:
    """Return the kinds of all mail that was noted as sent, oldest first."""
    return list(SentMail.objects.order_by("id").values_list("kind", flat=True))


def get_message(topic: str) -> OutboxMessage:
    """Return the outbox message by which mail is sent for a topic."""
    return OutboxMessage.objects.get(topic=topic, subscriber__in=["mail", ""])
