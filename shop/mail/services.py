"""What staff can have done about mail."""

import datetime as dt

from django.db import IntegrityError

from inventory.transactions import run_in_transaction
from orders.services import enqueue
from shop.mail.subscribers import AGAIN_TOPIC


def send_again(*, sent_mail_id: int, now: dt.datetime) -> bool:
    """Have a mail sent again, as the order is now; say whether that was not asked for before.

    What was sent again is a mail of its own, which can be sent again in turn. Opens its own transaction.
    """
    key = f"{AGAIN_TOPIC}:{sent_mail_id}"
    try:
        run_in_transaction(
            lambda: enqueue(topic=AGAIN_TOPIC, payloads={key: {"sent_mail_id": sent_mail_id}}, now=now)
        )
    except IntegrityError:
        return False
    return True
