"""Check and write in one statement: the default."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from inventory.locking.base import prepare_take, read_available, take_units
from inventory.sql import Statement


class Conditional:
    """`UPDATE ... SET available = available - n WHERE id = ? AND available >= n`.

    The row is held for one round trip before COMMIT, the shortest of all strategies.
    """

    name = "conditional"
    combines = False
    needs_skip_locked = False
    is_a_race = False
    label = _("Conditional update (one guarded UPDATE)")

    def claim(self, *, stock_item_id: int, quantity: int) -> int | None:
        """See LockingStrategy."""
        if take_units(stock_item_id=stock_item_id, quantity=quantity):
            return None
        available, _version = read_available(stock_item_id=stock_item_id)
        return available

    def prepare_claim(self, *, stock_item_id: int, quantity: int) -> Sequence[Statement]:
        """See LockingStrategy."""
        return [prepare_take(stock_item_id=stock_item_id, quantity=quantity)]
