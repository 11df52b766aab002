"""Scheduled work of orders. Tasks take no arguments that matter and end in **kwargs, to survive deploys."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from orders import services


@shared_task(name="orders.sweep_expired_orders")
def sweep_expired_orders(**kwargs: Any) -> None:
    """Cancel unpaid orders past their deadline."""
    services.sweep_expired_orders(now=timezone.now())


@shared_task(name="orders.deliver_outbox")
def deliver_outbox(**kwargs: Any) -> None:
    """Deliver the outbox until nothing is due or its time is up."""
    services.deliver_outbox(now=timezone.now(), clock=timezone.now)
