"""Several rows to sell one item from."""

import random
from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from inventory import slices
from inventory.contention import count
from inventory.errors import StockConflict
from inventory.locking.base import take_units
from inventory.sql import Statement

_ATTEMPTS = 3


class Pooled:
    """Take from any free slice of the item; if there is none, wait for one or spread the units anew.

    As many transactions as there are slices sell the item at the same time, from as many processes; within a
    process, orders of this item alone share transactions as under `combined`. The last units are in one row
    and sold as `conditional` does.
    """

    name = slices.POOLED
    combines = True
    needs_skip_locked = True
    is_a_race = False
    label = _("Pooled (units spread over several rows; concurrent orders share a transaction)")

    def claim(self, *, stock_item_id: int, quantity: int) -> int | None:
        """See LockingStrategy."""
        if slices.take_from_free_slice(stock_item_id=stock_item_id, quantity=quantity):
            return None
        for _attempt in range(_ATTEMPTS):
            pool = slices.read_pool(stock_item_id=stock_item_id)
            if pool.total < quantity:
                return pool.total
            wanted = slices.count_slices(pool.total, quantity=quantity)
            serving = pool.list_serving(quantity)
            if not wanted and not pool.slices:
                if take_units(stock_item_id=stock_item_id, quantity=quantity):
                    return None
            elif wanted and 2 * len(serving) >= wanted:
                _take_or_give_up(stock_item_id, random.choice(serving), quantity)  # noqa: S311 - no secret
                return None
            else:
                return _sweep(stock_item_id, quantity)
            # Units came, went or were spread between the two statements: refusing now would be a guess.
            count("conflicts")
        raise StockConflict

    def prepare_claim(self, *, stock_item_id: int, quantity: int) -> Sequence[Statement]:
        """See LockingStrategy."""
        return slices.prepare_take_from_free_slice(stock_item_id=stock_item_id, quantity=quantity)


def _take_or_give_up(stock_item_id: int, slot: int, quantity: int) -> None:
    """Wait for a slice that others hold."""
    if not slices.take_from_slice(stock_item_id=stock_item_id, slot=slot, quantity=quantity):
        # The row waited for may be locked now all the same. To go on from here to the item's row would be
        # against the order in which these are locked, so the transaction begins anew.
        raise StockConflict


def _sweep(stock_item_id: int, quantity: int) -> int | None:
    """Take from all units there are, once everybody who holds some is done, and spread the others anew."""
    slices.lock_item(stock_item_id=stock_item_id)
    if slices.take_from_free_slice(stock_item_id=stock_item_id, quantity=quantity):
        # Somebody spread the units while this claim waited for the row.
        return None
    pool = slices.lock_pool(stock_item_id=stock_item_id)
    if pool.total < quantity:
        return pool.total
    left = pool.total - quantity
    # Switched meanwhile, it must stay in one row: the other strategies look nowhere else.
    is_pooled = pool.locking_strategy == slices.POOLED
    wanted = slices.count_slices(left, quantity=quantity) if is_pooled else 0
    slices.spread(stock_item_id=stock_item_id, pool=pool, units=left, slices=wanted)
    return None
