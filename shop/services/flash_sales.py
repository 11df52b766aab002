"""Flash sales: units of a variant are set aside under a SKU of their own, sold, and what is left comes back.

Rows are locked in one order: the product's, then the sale's, then ledger and stock as `inventory` does it.
No order ever locks the first two.
"""

import datetime as dt
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

from inventory.errors import InventoryError, OutOfStock, StockConflict
from inventory.ids import new_id
from inventory.selectors import get_levels_by_id
from inventory.services import create_stock_item, transfer
from inventory.transactions import run_in_transaction
from shop.errors import FlashSaleNotFound, SaleOver, SaleStarted
from shop.gate.services import refresh_open_sales
from shop.models import FlashSale, Product, Variant
from shop.sale_board import forget_board
from shop.sale_selectors import get_flash_sale
from shop.sale_types import FlashSaleView, SalePlan, SaleReport
from shop.services.sale_plans import (
    list_columns,
    make_offer_sku,
    read_plan,
    require_free,
    require_sellable,
    require_sensible,
)

DEFAULT_STRATEGY: Final = "combined"
_ACTOR: Final = "flash sales"

logger = logging.getLogger(__name__)


def schedule_flash_sale(
    *, variant_id: int, plan: SalePlan, strategy: str = DEFAULT_STRATEGY, actor: str, now: dt.datetime
) -> FlashSaleView:
    """Take the plan's units out of a variant's stock and offer them, from the start to the end of the sale.

    Raises OutOfStock if the variant has fewer available, SaleOverlaps, InvalidSale, UnknownStrategy. Opens a
    transaction or joins the caller's.
    """
    require_sensible(plan, now=now)

    def schedule() -> FlashSaleView:
        variant = require_sellable(variant_id=variant_id)
        # Two sales of one variant are looked for under this lock, so neither is overlooked.
        _lock_product(variant.product_id)
        require_free(variant_id=variant_id, plan=plan)
        sku = make_offer_sku(variant=variant)
        item = create_stock_item(sku=sku, locking_strategy=strategy, actor=actor, reason=plan.name, now=now)
        offer = Variant.objects.create(
            product_id=variant.product_id,
            stock_item_id=item.id,
            options=variant.options,
            price_amount=plan.price_amount,
            position=variant.position,
        )
        sale = FlashSale.objects.create(variant=variant, offer=offer, **list_columns(plan))
        _allot(sale, plan.units, actor=actor, now=now)
        return _show(sale)

    return run_in_transaction(schedule, join=True)


def change_flash_sale(
    *, sale_id: int, changes: Mapping[str, Any], actor: str, now: dt.datetime
) -> FlashSaleView:
    """Change a sale that is not over, by the names of `SalePlan`; also while it sells.

    More units come out of the variant's stock, fewer go back to it, as far as they are not promised. Raises
    OutOfStock, SaleOver, SaleStarted for another start of a sale that has begun, SaleOverlaps, InvalidSale,
    FlashSaleNotFound. Opens a transaction or joins the caller's.
    """

    def change() -> FlashSaleView:
        _lock_product(get_flash_sale(sale_id=sale_id).product_id)
        sale = _lock(sale_id)
        if sale.ended_at is not None or sale.ends_at <= now:
            raise SaleOver
        plan = replace(read_plan(sale), **changes)
        if plan.starts_at != sale.starts_at and sale.starts_at <= now:
            raise SaleStarted
        require_sensible(plan, now=now)
        require_free(variant_id=sale.variant_id, plan=plan, besides=sale_id)
        FlashSale.objects.filter(id=sale_id).update(**list_columns(plan))
        Variant.objects.filter(id=sale.offer_id).update(price_amount=plan.price_amount)
        _allot(sale, plan.units - sale.units, actor=actor, now=now)
        return _show(sale)

    return run_in_transaction(change, join=True)


def end_flash_sale(*, sale_id: int, actor: str, now: dt.datetime) -> FlashSaleView:
    """End a sale now, whether it has begun or not; what is unsold goes back to the variant.

    Ending it again returns what has come back since from unpaid or cancelled orders. Raises
    FlashSaleNotFound, StockBusy. Opens transactions or joins the caller's.
    """
    # First the end, which stops new orders, and then, committed, the units: those who were ordering at that
    # moment do not have to wait for it, and soon there are no more of them to take units meanwhile.
    _close(FlashSale.objects.filter(id=sale_id), now)
    _return_units(sale_id, actor=actor, now=now)
    return get_flash_sale(sale_id=sale_id)


def cancel_flash_sale(*, sale_id: int, actor: str, now: dt.datetime) -> FlashSaleView:
    """Take back a sale that has not begun. Raises SaleStarted, FlashSaleNotFound, StockBusy."""
    if get_flash_sale(sale_id=sale_id).starts_at <= now:
        raise SaleStarted
    return end_flash_sale(sale_id=sale_id, actor=actor, now=now)


def tend_flash_sales(*, now: dt.datetime) -> SaleReport:
    """Open what has begun, end what is past its end, and return units that came back to ended sales.

    Tells the gate what is left of the open ones. Run every few seconds; twice at once does no more than once.
    A sale that cannot be tended now is left for the next round. Opens a transaction for each sale.
    """
    running = FlashSale.objects.filter(ended_at=None, starts_at__lte=now)
    opened = running.filter(started_at=None, ends_at__gt=now).update(started_at=now)
    due = set(running.filter(ends_at__lte=now).values_list("id", flat=True))
    returned = 0
    for sale_id in sorted(due | _list_with_returns()):
        try:
            # By the end it has now: staff may have moved it since this round began.
            _close(FlashSale.objects.filter(id=sale_id, ends_at__lte=now), now)
            returned += _return_units(sale_id, actor=_ACTOR, now=now)
        except InventoryError as error:
            logger.warning("flash sale %s is left for the next round: %s", sale_id, error)
    refresh_open_sales(now=now)
    return SaleReport(opened=opened, ended=len(due), units_returned=returned)


def _close(sales: QuerySet[FlashSale], now: dt.datetime) -> None:
    if sales.filter(ended_at=None).update(ended_at=now):
        transaction.on_commit(forget_board)


def _return_units(sale_id: int, *, actor: str, now: dt.datetime) -> int:
    """Move what is available of an ended sale back to its variant; return how many units that were."""

    def give_back() -> int:
        # Under the sale's lock: two that tend it at once do not both want to move the same units.
        sale = _lock(sale_id)
        if sale.ended_at is None:
            return 0
        levels = get_levels_by_id(ids=[sale.offer.stock_item_id])
        units = levels[sale.offer.stock_item_id].available
        if units:
            try:
                _move(sale, -units, kind="return", actor=actor, reason=f"unsold: {sale.name}", now=now)
            except OutOfStock as error:
                # Somebody who was ordering while the sale ended took some since they were counted.
                raise StockConflict from error
        return units

    return run_in_transaction(give_back, join=True)


def _list_with_returns() -> set[int]:
    """Return the ended sales whose units have come back from orders."""
    # Few: an ended sale has units on hand only until the last of its orders is settled.
    ended = FlashSale.objects.filter(ended_at__isnull=False, offer__stock_item__on_hand__gt=0)
    items = dict(ended.values_list("offer__stock_item_id", "id"))
    levels = get_levels_by_id(ids=items.keys())
    return {items[level.id] for level in levels.values() if level.available}


def _allot(sale: FlashSale, units: int, *, actor: str, now: dt.datetime) -> None:
    if units:
        _move(sale, units, kind="allot", actor=actor, reason=f"set aside: {sale.name}", now=now)


def _move(sale: FlashSale, units: int, *, kind: str, actor: str, reason: str, now: dt.datetime) -> None:
    """Move units from the variant to the offer, or, with a minus, back."""
    ids = (sale.variant.stock_item_id, sale.offer.stock_item_id)
    levels = get_levels_by_id(ids=ids)
    source, target = ids if units > 0 else reversed(ids)
    transfer(
        from_sku=levels[source].sku,
        to_sku=levels[target].sku,
        quantity=abs(units),
        reference=f"sale:{sale.pk}/{kind}/{new_id()}",
        actor=actor,
        reason=reason,
        now=now,
    )


def _lock_product(product_id: int) -> None:
    Product.objects.select_for_update().only("id").get(id=product_id)


def _lock(sale_id: int) -> FlashSale:
    sale = FlashSale.objects.select_for_update().filter(id=sale_id).first()
    if sale is None:
        raise FlashSaleNotFound(sale_id)
    return sale


def _show(sale: FlashSale) -> FlashSaleView:
    transaction.on_commit(forget_board)
    return get_flash_sale(sale_id=sale.pk)
