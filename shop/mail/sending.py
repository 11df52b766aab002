"""Sending a mail, and remembering that it was sent."""

import datetime as dt
from collections.abc import Mapping
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.utils import translation

from orders.errors import Undeliverable
from orders.types import OrderView
from shop.mail.kinds import MailKind
from shop.mail.letters import write_letter
from shop.mail.rendering import render_mail
from shop.models import SentMail

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
    if order.email.endswith(_NOWHERE) or SentMail.objects.filter(key=key).exists():
        return False
    language = find_language(order)
    with translation.override(language):
        mail = render_mail(write_letter(kind, order, details), order, key=key)
    _send(mail, order.email)
    note = SentMail(
        key=key,
        order_number=order.number,
        kind=kind,
        recipient=order.email,
        language=language,
        details=dict(details),
        sent_at=now,
    )
    # Two workers may have sent it at once, one of them past its lease: it is noted once.
    SentMail.objects.bulk_create([note], ignore_conflicts=True)
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
