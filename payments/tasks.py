"""Scheduled work of payments. Tasks take no arguments that matter and end in **kwargs, to survive deploys."""

from typing import Any

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from payments import services
from payments.gateways.sandbox import provider


@shared_task(name="payments.apply_pending_events")
def apply_pending_events(**kwargs: Any) -> None:
    """Apply gateway events that could not be applied when they came."""
    services.apply_pending_events(now=timezone.now())


@shared_task(name="payments.reconcile_payments")
def reconcile_payments(**kwargs: Any) -> None:
    """Compare recent payments with their gateways and repair what is safe."""
    services.reconcile_payments(now=timezone.now(), since=None, repair=True)


@shared_task(name="payments.redeliver_sandbox_callbacks")
def redeliver_sandbox_callbacks(**kwargs: Any) -> None:
    """Do the sandbox provider's part: send again what the shop has not taken."""
    if settings.SANDBOX_SECRET:
        provider.redeliver_callbacks(secret=settings.SANDBOX_SECRET, now=timezone.now())
