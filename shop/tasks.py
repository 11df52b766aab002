"""Scheduled work of the shop. Tasks take no arguments that matter and end in **kwargs, to survive deploys."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from shop.restock import services as restock
from shop.services import accounts, flash_sales


@shared_task(name="shop.tend_flash_sales")
def tend_flash_sales(**kwargs: Any) -> None:
    """Open and end flash sales, and return units that came back to those that are over."""
    flash_sales.tend_flash_sales(now=timezone.now())


@shared_task(name="shop.tell_restocked")
def tell_restocked(**kwargs: Any) -> None:
    """Have those told who wait for something that is in stock again."""
    restock.tell_all(now=timezone.now())


@shared_task(name="shop.clear_sessions")
def clear_sessions(**kwargs: Any) -> None:
    """Delete sessions and API tokens that have expired, a few at a time."""
    accounts.clear_expired(now=timezone.now())
