"""The outbox, and the health of scheduled jobs."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class OutboxMessage(models.Model):
    """Something that must happen outside the database, written in the transaction that caused it."""

    id = models.BigIntegerField(primary_key=True)
    topic = models.CharField(_("topic"), max_length=50)
    # For whom it is, once it was found to have several subscribers.
    subscriber = models.CharField(_("subscriber"), max_length=30, blank=True, default="")
    # Consumers recognise a redelivered message by its key.
    key = models.CharField(_("key"), max_length=100, unique=True, db_collation="utf8mb4_bin")
    payload = models.JSONField(_("payload"))
    created_at = models.DateTimeField(_("created at"))
    deliver_after = models.DateTimeField(_("deliver after"))
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)
    parked_at = models.DateTimeField(_("parked at"), null=True, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    latest_error = models.CharField(_("latest error"), max_length=500, blank=True)
    # True while there is something to do: the one column by which waiting messages are found among old ones.
    is_waiting = models.BooleanField(_("waiting"), default=True)

    class Meta:
        verbose_name = _("outbox message")
        verbose_name_plural = _("outbox messages")
        indexes = [
            models.Index(fields=["is_waiting", "deliver_after"], name="outbox_waiting"),
            # What is parked is counted every few seconds, among all messages there ever were.
            models.Index(fields=["parked_at"], name="outbox_parked"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.key}"


class JobHealth(models.Model):
    """When a scheduled job last did its work.

    A sweep that silently stopped is a sale that never comes back.
    """

    name = models.CharField(_("job"), max_length=50, primary_key=True)
    succeeded_at = models.DateTimeField(_("last succeeded at"))
    detail = models.CharField(_("detail"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("job health")
        verbose_name_plural = _("job health")

    def __str__(self) -> str:
        return self.name
