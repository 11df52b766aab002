"""Lock first, then look."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from inventory.errors import StockConflict
from inventory.locking.base import read_available, take_units
from inventory.sql import Statement


class Pessimistic:
    """`SELECT ... FOR UPDATE`, check, write.

    Everybody queues on the row lock. Holds the row for a round trip longer than `conditional`; choose it
    where more rules hang on the row than the number of units.
    """

    name = "pessimistic"
    combines = False
    needs_skip_locked = False
    is_a_race = False
    label = _("Pessimistic lock (SELECT ... FOR UPDATE)")

    def claim(self, *, stock_item_id: int, quantity: int) -> int | None:
        """See LockingStrategy."""
        available, _version = read_available(stock_item_id=stock_item_id, lock=True)
        if available < quantity:
            return available
        if not take_units(stock_item_id=stock_item_id, quantity=quantity):
            # Cannot happen while the lock holds; the guard stands so that a broken lock loses a race, not a
            # unit.
            raise StockConflict
        return None

    def prepare_claim(self, *, stock_item_id: int, quantity: int) -> Sequence[Statement]:
        """See LockingStrategy: what it checks is what it has locked."""
        return []
