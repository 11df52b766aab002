"""The sandbox provider's own records."""

from typing import ClassVar

from django.db import models
from django.utils import timezone


class SandboxCharge(models.Model):
    """The sandbox provider's own record of a charge. Nothing outside `gateways.sandbox` reads it."""

    reference = models.CharField(max_length=64, primary_key=True)
    idempotency_key = models.CharField(max_length=64, unique=True)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    description = models.CharField(max_length=200)
    return_url = models.TextField()
    callback_url = models.TextField()
    status = models.CharField(max_length=10, default="open")
    refunds = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.reference


class SandboxCallback(models.Model):
    """A message the sandbox provider owes the shop until the shop has answered it."""

    event_id = models.CharField(max_length=64, primary_key=True)
    charge = models.ForeignKey(SandboxCharge, on_delete=models.CASCADE, related_name="callbacks")
    body = models.TextField()
    is_delivered = models.BooleanField(default=False)
    attempts = models.PositiveIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["is_delivered"], name="sandboxcallback_owed")]

    def __str__(self) -> str:
        return self.event_id
