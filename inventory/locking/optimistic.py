"""Look without a lock, write only if nobody else wrote."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from inventory.contention import count
from inventory.errors import StockConflict
from inventory.locking.base import read_available, take_units_at_version
from inventory.sql import Statement

_ATTEMPTS = 4


class Optimistic:
    """Read `available` and `version`, check, write `WHERE version = <read>`.

    Nobody waits while reading; a lost race is read again a few times here and then, with jitter, by the
    whole transaction. Good where races are rare, wasteful on a hot row.
    """

    name = "optimistic"
    combines = False
    needs_skip_locked = False
    is_a_race = True
    label = _("Optimistic version check")

    def claim(self, *, stock_item_id: int, quantity: int) -> int | None:
        """See LockingStrategy."""
        for _attempt in range(_ATTEMPTS):
            # READ COMMITTED makes each of these reads fresh; under REPEATABLE READ every attempt would see
            # the same version.
            available, version = read_available(stock_item_id=stock_item_id)
            if available < quantity:
                return available
            if take_units_at_version(stock_item_id=stock_item_id, quantity=quantity, version=version):
                return None
            count("conflicts")
        raise StockConflict

    def prepare_claim(self, *, stock_item_id: int, quantity: int) -> Sequence[Statement]:
        """See LockingStrategy: it has to read the version first."""
        return []
