"""Noting who wants to be told, and telling them when there is something to sell."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.db.models import QuerySet
from django.utils import timezone

from inventory.selectors import express_available
from inventory.transactions import run_in_transaction
from orders.services import enqueue
from shop.mail.sending import send_letter_once
from shop.models import Variant
from shop.restock.errors import InStock, TooManyRequests
from shop.restock.letter import KIND, write_letter
from shop.restock.models import RestockRequest

TOPIC: Final = "restock.available"
_MOST_FOR_ONE_ADDRESS: Final = 20
_VARIANTS_AT_A_TIME: Final = 200


def ask(*, variant_id: int, email: str, language: str, now: dt.datetime) -> None:
    """Note that an address is to be told, once however often it asks. Raises InStock, TooManyRequests."""
    if _list_buyable(now).filter(id=variant_id).exists():
        raise InStock
    if RestockRequest.objects.filter(email=email).count() >= _MOST_FOR_ONE_ADDRESS:
        raise TooManyRequests
    request = RestockRequest(variant_id=variant_id, email=email, language=language, asked_at=now)
    RestockRequest.objects.bulk_create([request], ignore_conflicts=True)


def tell_all(*, now: dt.datetime) -> int:
    """Hand a mail to the outbox for those who can be told now; return for how many.

    Whoever asked first is told first, of each variant no more at once than it has units; the others a round
    later, if something is left by then. Opens its own transactions.
    """
    waiting = RestockRequest.objects.filter(told_at=None).values("variant_id")
    buyable = _list_buyable(now).filter(id__in=waiting).order_by("id")
    told = 0
    for variant_id, left in buyable.values_list("id", "left")[:_VARIANTS_AT_A_TIME]:
        told += run_in_transaction(lambda id_=variant_id, most=left: _tell(id_, most, now))  # type: ignore[misc]
    return told


def tell_one(key: str, payload: Mapping[str, Any]) -> None:
    """Send one mail of the outbox, unless there is nothing left to buy: then its reader waits on."""
    request = RestockRequest.objects.filter(id=payload["request_id"]).first()
    if request is None:
        return
    now = timezone.now()
    buyable = _list_buyable(now).select_related("product").filter(id=request.variant_id).first()
    if buyable is None:
        RestockRequest.objects.filter(id=request.pk).update(told_at=None)
        return
    send_letter_once(
        key=key,
        kind=KIND,
        recipient=request.email,
        language=request.language,
        write=lambda: write_letter(buyable),
        details={"variant_id": buyable.pk},
        now=now,
    )
    request.delete()


def _tell(variant_id: int, most: int, now: dt.datetime) -> int:
    waiting = RestockRequest.objects.filter(variant_id=variant_id, told_at=None).order_by("id")
    ids = list(waiting.select_for_update(skip_locked=True).values_list("id", flat=True)[:most])
    RestockRequest.objects.filter(id__in=ids).update(told_at=now)
    enqueue(topic=TOPIC, payloads=dict(_list_messages(ids, now)), now=now)
    return len(ids)


def _list_messages(ids: Iterable[int], now: dt.datetime) -> Iterable[tuple[str, Mapping[str, int]]]:
    # Whoever is told in vain waits on, and is told again under another key.
    for id_ in ids:
        yield f"restock:{id_}:{int(now.timestamp() * 1000)}", {"request_id": id_}


def _list_buyable(now: dt.datetime) -> QuerySet[Any]:
    """Return the variants of which something can be bought, and how much is `left`; no offers of sales."""
    variants = Variant.objects.listed().for_sale(now)
    return variants.annotate(left=express_available(through="stock_item")).filter(left__gt=0)
