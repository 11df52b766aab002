"""From a letter to a mail: the same words as text and as HTML."""

import re
from email.utils import formataddr
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from orders.types import OrderView
from shop.mail.letters import Letter

_NOT_IN_IDS: Final = re.compile(r"[^A-Za-z0-9.-]+")


def render_mail(
    letter: Letter, *, recipient: str, key: str, order: OrderView | None = None
) -> EmailMultiAlternatives:
    """Return the mail that brings a letter, about an order or not, in the language that is active.

    The same key gives the same Message-ID: a mailbox that gets it twice can know.
    """
    context = {
        "letter": letter,
        "order": order,
        "shop_name": settings.SHOP_NAME,
        "site_url": settings.SITE_URL,
        "language": translation.get_language(),
    }
    mail = EmailMultiAlternatives(
        # A header is one line, whatever the shop is called.
        subject=" ".join(letter.subject.split()),
        body=render_to_string("mail/letter.txt", context).strip() + "\n",
        from_email=name_sender(),
        to=[recipient],
        headers={"Message-ID": make_message_id(key), "Auto-Submitted": "auto-generated"},
    )
    mail.attach_alternative(render_to_string("mail/letter.html", context), "text/html")
    return mail


def name_sender() -> str:
    """Return DEFAULT_FROM_EMAIL, under the shop's name unless it has one of its own."""
    sender: str = settings.DEFAULT_FROM_EMAIL
    return sender if "<" in sender else formataddr((" ".join(settings.SHOP_NAME.split()), sender))


def make_message_id(key: str) -> str:
    """Return the Message-ID of the mail that has this key."""
    return f"<{_NOT_IN_IDS.sub('.', key)}@{urlsplit(settings.SITE_URL).hostname or 'localhost'}>"
