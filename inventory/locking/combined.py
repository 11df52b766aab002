"""One transaction for many buyers of one item."""

from django.utils.translation import gettext_lazy as _

from inventory.locking.conditional import Conditional


class Combined(Conditional):
    """Orders of this item alone that arrive together are written together: `orders.batches`.

    One commit and one guarded UPDATE serve a whole batch, so a hot row is no longer limited by one
    transaction an order. In a basket with other items it claims as `conditional` does.
    """

    name = "combined"
    label = _("Combined (concurrent orders share a transaction)")
    combines = True
