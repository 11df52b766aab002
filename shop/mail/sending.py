"""Sending a mail, and remembering that it was sent."""

import datetime as dt
import json
from collections.abc import Callable, Mapping
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
from shop.mail.letters import Letter, write_letter
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
    """Send a mail about an order, in the language it was placed in; for the rest see `send_letter_once`."""
    return send_letter_once(
        key=key,
        kind=kind,
        recipient=order.email,
        language=order.language,
        write=lambda: write_letter(kind, order, details),
        order=order,
        details=details,
        now=now,
    )


def send_letter_once(
    *,
    key: str,
    kind: MailKind,
    recipient: str,
    language: str,
    write: Callable[[], Letter],
    order: OrderView | None = None,
    details: Mapping[str, Any],
    now: dt.datetime,
) -> bool:
    """Send a mail unless one with this key was sent; say whether it was sent now.

    `write` is called in the language, or in the shop's own if there is none such. The note that it was sent
    is written after it: a crash in between has it sent again, under the same Message-ID. Raises Undeliverable
    if the server, or common sense, refuses it for good; any other error of the server or of the way there may
    pass. Opens no transaction and must be in none.
    """
    if recipient.endswith(_NOWHERE) or _SENT.exists("WHERE `key` = %s", (key,)):
        return False
    language = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    with translation.override(language):
        mail = render_mail(write(), recipient=recipient, order=order, key=key)
    _send(mail, recipient)
    number = order.number if order else ""
    row = (key, number, kind.value, recipient, language, json.dumps(dict(details)), now)
    # Two workers may have sent it at once, one of them past its lease: it is noted once.
    execute_together([_NOTE.prepare([row]).or_leave("id")])
    return True


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
