"""What an order would be: units by SKU at today's prices, on the terms of the sales they are part of."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from django.conf import settings
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from orders.selectors import count_usable, get_worth
from orders.states import AdjustmentKind
from orders.types import Adjustment, Allowance, LineDraft, OrderDraft
from shop.errors import PointsNotTaken, ProductUnavailable
from shop.services.items_for_sale import ItemForSale, read_items_for_sale

LINE_NAME_LENGTH: Final = 255


def draft_order(
    *,
    email: str,
    quantities: Sequence[tuple[str, int]],
    customer_id: int | None,
    shipping_address: Mapping[str, Any] | None,
    client_address: str = "",
    points: int = 0,
    now: dt.datetime,
) -> OrderDraft:
    """Return the order that these units would be, in the language that is active.

    Up to `points` of the customer's points are spent on it. One query. Raises ProductUnavailable,
    PointsNotTaken.
    """
    items = _read_items({sku for sku, _quantity in quantities}, now)
    draft = OrderDraft(
        email=email,
        currency=settings.SHOP_CURRENCY,
        lines=tuple(_draft_line(items[sku], quantity) for sku, quantity in quantities),
        payment_due_at=now + dt.timedelta(seconds=_find_window(items.values())),
        customer_id=customer_id,
        shipping_address=shipping_address,
        allowances=_list_allowances(items, quantities, _name_buyers(email, customer_id)),
        client_address=client_address,
        language=get_language() or "",
    )
    return _spend_points(draft, points) if points else draft


def _spend_points(draft: OrderDraft, points: int) -> OrderDraft:
    """Take points off the total: no more than it is worth, so that none is spent for nothing."""
    if not settings.POINT_VALUE or draft.customer_id is None:
        raise PointsNotTaken
    usable = min(points, count_usable(amount=draft.lines_amount))
    if not usable:
        return draft
    label = ngettext("%(points)d point", "%(points)d points", usable) % {"points": usable}
    return replace(
        draft,
        adjustments=(Adjustment(AdjustmentKind.POINTS.value, label, -get_worth(points=usable), usable),),
    )


def _read_items(skus: set[str], now: dt.datetime) -> dict[str, ItemForSale]:
    items = read_items_for_sale(skus=skus, now=now)
    if missing := sorted(skus - items.keys()):
        raise ProductUnavailable(missing)
    return items


def _draft_line(item: ItemForSale, quantity: int) -> LineDraft:
    label = " / ".join(value for _name, value in item.options)
    name = f"{item.product_name} ({label})" if label else item.product_name
    if item.sale_id is not None:
        name = _("%(name)s (flash sale)") % {"name": name}
    return LineDraft(
        stock_item_id=item.stock_item_id,
        sku=item.sku,
        name=name[:LINE_NAME_LENGTH],
        unit_price=item.price_amount,
        quantity=quantity,
    )


def _find_window(items: Iterable[ItemForSale]) -> int:
    """Return how many seconds there are to pay: the most urgent line decides."""
    own = settings.PAYMENT_WINDOW_SECONDS
    return min((item.payment_window_seconds or own for item in items), default=own)


def _name_buyers(email: str, customer_id: int | None) -> Sequence[str]:
    """Return by which names a buyer's units are counted: an account's by both it could come with."""
    by_email = f"email:{email.strip().lower()}"
    return [by_email] if customer_id is None else [by_email, f"user:{customer_id}"]


def _list_allowances(
    items: Mapping[str, ItemForSale], quantities: Sequence[tuple[str, int]], buyers: Sequence[str]
) -> tuple[Allowance, ...]:
    """Return what the order takes of the limits of the sales it buys from."""
    units: Counter[str] = Counter()
    for sku, quantity in quantities:
        units[sku] += quantity
    return tuple(
        Allowance(f"sale:{items[sku].sale_id}:{buyer}", limit, quantity, items[sku].stock_item_id)
        for sku, quantity in units.items()
        if (limit := items[sku].limit_per_customer)
        for buyer in buyers
    )
