"""Staff pages for the mail that has gone out."""

import datetime as dt
from typing import Any, Final

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.backoffice import Link, Panel, RecordAdmin, StaffAction
from shop.mail.services import send_again
from shop.models import SentMail


def _send_again(mail: SentMail, actor: str, now: dt.datetime) -> bool:
    return send_again(sent_mail_id=mail.pk, now=now)


SEND_AGAIN: Final = StaffAction(
    name="again",
    label=gettext_lazy("Send again"),
    question=gettext_lazy("Send this again to the customer, written anew from the order as it is now?"),
    permission="shop.change_sentmail",
    is_possible=lambda mail: bool(mail.order_number),
    run=_send_again,
    why_not=lambda mail: _("It is not about an order: what it says was true at that moment only."),
)


class SentMailAdmin(RecordAdmin):
    """What customers were told, and when."""

    list_display = ("sent_at", "kind", "order_number", "recipient", "language")
    list_filter = ("kind", "language", "sent_at")
    search_fields = ("^order_number", "^recipient")
    search_help_text = gettext_lazy("The beginning of an order's number or of an e-mail address.")
    sortable_by = ()
    fields = (("kind", "order_number"), ("recipient", "language"), "sent_at", "key")
    staff_actions = (SEND_AGAIN,)


def show_mail(order: Any) -> Panel:
    """Return what the customer of an order was told."""
    return Panel(
        title=_("Mail"),
        columns=[_("About"), _("To"), _("Language"), _("Sent")],
        rows=[
            [
                format_html(
                    '<a href="{}">{}</a>',
                    reverse("admin:shop_sentmail_change", args=[mail.pk]),
                    mail.get_kind_display(),
                ),
                mail.recipient,
                mail.language,
                mail.sent_at,
            ]
            for mail in SentMail.objects.filter(order_number=order.number).order_by("id")
        ],
        links=[
            Link(
                reverse("admin:shop_sentmail_changelist", query={"q": order.number}),
                _("Show in the list of mail, to send one again"),
            )
        ],
    )
