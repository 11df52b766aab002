"""Sending a mail, and remembering that it was sent."""

import datetime as dt
import json
from collections.abc import Mapping
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.utils import translation

from inventory.rows import RowRead
from inventory.sql import RowInsert, execute_together
from orders.errors import Undeliverable
from orders.types import OrderView
from shop.mail.kinds import MailKind
from shop.mail.letters import write_letter
from shop.mail.rendering import render_mail
from shop.models import SentMail

_SENT = RowRead(SentMail)
_NOTE = RowInsert(
    SentMail,
    ["key", "order_number", "kind", "recipient", "language", "details", "sent_at"],
    constants={"id": "NULL"},
)
# From this status on an SMTP server means: never, not only now.
_FOR_GOOD: Final = 500
# Nobody can have a mailbox there (RFC 2606).
_NOWHERE: Final = (".invalid", "@invalid")


def send_once(
    *, key: str, kind: MailKind, order: OrderView, details: Mapping[str, Any], now: dt.datetime
) -> bool:
    """Send a mail unless one with this key was sent; say whether it was sent now.

    The note that it was is written after it: a crash in between has it sent again, under the same Message-ID.
    Raises Undeliverable if the server, or common sense, refuses it for good; any other error of the server or
    of the way there may pass. Opens no transaction and must be in none.
    """
    if order.email.endswith(_NOWHERE) or _SENT.exists("WHERE `key` = %s", (key,)):
        return False
    language = find_language(order)
    with translation.override(language):
        mail = render_mail(write_letter(kind, order, details), order, key=key)
    _send(mail, order.email)
    row = (key, order.number, kind.value, order.email, language, json.dumps(dict(details)), now)
    # Two workers may have sent it at once, one of them past its lease: it is noted once.
    execute_together([_NOTE.prepare([row]).or_leave("id")])
    return True


def find_language(order: OrderView) -> str:
    """Return the language an order was placed in, or the shop's own if there is none such."""
    return order.language if order.language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def _send(mail: EmailMultiAlternatives, recipient: str) -> None:
    try:
        validate_email(recipient)
        mail.send()
    except (SMTPRecipientsRefused, SMTPDataError) as refusal:
        if _is_for_good(refusal):
            raise Undeliverable(f"the mail server refuses it for good: {refusal}") from refusal
        raise
    except (ValidationError, ValueError) as error:
        # Also what would have become a second header.
        raise Undeliverable("no mail can be sent to this address") from error


def _is_for_good(refusal: SMTPRecipientsRefused | SMTPDataError) -> bool:
    if isinstance(refusal, SMTPDataError):
        return refusal.smtp_code >= _FOR_GOOD
    return all(code >= _FOR_GOOD for code, _reason in refusal.recipients.values())
