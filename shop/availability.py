"""Is the database the reason, and what then to tell whoever asked for something."""

from collections.abc import Collection
from typing import Final

from django.db import InterfaceError, InternalError, OperationalError
from django.utils.translation import gettext as _

from inventory.errors import StockBusy
from inventory.transactions import CommitUnknown

RETRY_AFTER_SECONDS: Final = 2
# Gone, lost, shutting down, killed: what was under way may have been done or not.
_LOST: Final = frozenset({2006, 2013, 2055, 1053, 1317, 1927, 3024, 4031})
# Refused or unreachable; no free connection; read-only during a failover; and locks that were not to be had
# outside a stock transaction. Anything else from the database is a bug and stays a 500.
_UNAVAILABLE: Final = _LOST | {2002, 2003, 2005} | {1040, 1203, 1226} | {1290, 1836} | {1020, 1205, 1213}


def is_unavailable(exception: BaseException | None) -> bool:
    """Say whether the database, not the shop, is the reason."""
    return isinstance(exception, StockBusy | InterfaceError) or _has_code(exception, _UNAVAILABLE)


def is_outcome_unknown(exception: BaseException | None) -> bool:
    """Say whether what was asked for may have been carried out all the same."""
    return isinstance(exception, CommitUnknown | InterfaceError) or _has_code(exception, _LOST)


def explain_to_program(exception: BaseException | None) -> str:
    """Return what a client of the API should know and do."""
    advice = _("Send the same request again, with the same idempotency key: an order is not placed twice.")
    if is_outcome_unknown(exception):
        return _("It is not known whether this was carried out.") + " " + advice
    return advice


def _has_code(exception: BaseException | None, codes: Collection[int]) -> bool:
    if not isinstance(exception, OperationalError | InternalError):
        return False
    return bool(exception.args) and exception.args[0] in codes
