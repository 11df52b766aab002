"""Changes of customers' accounts that the account pages' library does not make."""

import datetime as dt
from typing import Final

from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from knox.models import AuthToken

from inventory.transactions import run_in_transaction
from orders.selectors import has_open_orders
from orders.services import erase_person
from shop.errors import AccountInUse
from shop.restock.models import RestockRequest

_BATCH: Final = 1000


def delete_account(*, customer_id: int, now: dt.datetime) -> None:
    """Delete a customer's account with all that is theirs alone: addresses, cart, tokens, second factors.

    Their orders stay, without the account. The ledger of points stays, too: it names nobody any more. Raises
    AccountInUse for members of staff, and while an order waits for its money. Opens its own transaction.
    """

    def delete() -> None:
        # An order that is being placed holds this row by its foreign key, and comes first; whoever comes
        # later finds no account. Without this lock an order could be committed after the look for open ones.
        user = get_user_model().objects.select_for_update().filter(id=customer_id).first()
        if user is None:
            return
        if user.is_staff or has_open_orders(customer_id=customer_id):
            raise AccountInUse
        erase_person(customer_id=customer_id, now=now)
        # Only where the address is known to be theirs: anybody can sign up with another's.
        owned = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
        RestockRequest.objects.filter(email__in=list(owned)).delete()
        user.delete()

    run_in_transaction(delete)


def clear_expired(*, now: dt.datetime) -> int:
    """Delete sessions and API tokens that have expired, and return how many sessions there were.

    In small statements: none of them holds up those who sign in.
    """
    AuthToken.objects.filter(expiry__lt=now).delete()
    cleared = 0
    while keys := list(Session.objects.filter(expire_date__lt=now).values_list("pk", flat=True)[:_BATCH]):
        cleared += Session.objects.filter(pk__in=keys, expire_date__lt=now).delete()[0]
    return cleared
