"""What went wrong with stock, in words for staff."""

from django.utils.translation import gettext as _

from inventory.errors import (
    DuplicateMovement,
    InvalidQuantity,
    OnHandChanged,
    OutOfStock,
    StockBusy,
    StockItemInUse,
    StockReserved,
    StrategyNotSupported,
    UnknownSku,
)
from inventory.transactions import CommitUnknown


def explain(error: Exception) -> str:
    """Return what went wrong with stock, or with changing anything while others do, for staff.

    Other apps put the words for their own errors before these (`inventory.backoffice.explain`).
    """
    match error:
        case OutOfStock(shortfalls=[shortfall, *_rest]):
            text = _("Only %(available)d units can be taken away; the others are promised to orders.")
            return text % {"available": shortfall.available}
        case StockReserved(reserved=reserved):
            return _("%(reserved)d units are promised to orders: there cannot be fewer on hand.") % {
                "reserved": reserved
            }
        case OnHandChanged(expected=expected, actual=actual):
            text = _(
                "The books now say %(actual)d on hand, not %(expected)d as when this page was opened. "
                "Open it again and count again."
            )
            return text % {"actual": actual, "expected": expected}
        case DuplicateMovement():
            return _("This change was booked already; nothing was booked twice.")
        case InvalidQuantity():
            return _("This is not a usable number of units.")
        case UnknownSku():
            return _("This stock item is gone.")
        case StrategyNotSupported(name=name, server=server):
            text = _(
                "The locking strategy %(name)s cannot be used with this database server (%(server)s). "
                "It needs MySQL 8.0.1, MariaDB 10.6 or newer."
            )
            return text % {"name": name, "server": server}
        case StockItemInUse():
            return _("This stock item is in use and stays.")
        case CommitUnknown():
            return _(
                "The database went away at the last moment: it is not known whether this was carried out. "
                "Please look before you do it again."
            )
        case StockBusy():
            return _(
                "Too many others are changing the same things right now; nothing was changed. "
                "Please try again."
            )
    return str(error)
