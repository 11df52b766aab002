"""What may go wrong with a call."""

from enum import Enum, auto


class Fault(Enum):
    """How one call goes wrong; what was asked for is done unless it says otherwise."""

    ERROR_BEFORE = auto()  # 500, and nothing was done
    ERROR_AFTER = auto()  # 500, although it was done
    ERROR_KEPT = auto()  # the same, and the same key gets the same 500 again, as Stripe does it
    RESET = auto()  # the connection breaks off instead of an answer
    HANG = auto()  # no answer while the caller waits
    GARBAGE = auto()  # an answer that is no JSON
    CONFLICT = auto()  # 409, nothing was done: another call with this key is under way
    THROTTLED = auto()  # 429, nothing was done


UNDONE = (Fault.ERROR_BEFORE, Fault.CONFLICT, Fault.THROTTLED)
STATUSES = {Fault.CONFLICT: 409, Fault.THROTTLED: 429}
