"""Who wants to know that something is back."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RestockRequest(models.Model):
    """Somebody's wish to be told once when a variant is in stock again. Gone when the mail has gone out."""

    variant = models.ForeignKey(
        "shop.Variant", on_delete=models.CASCADE, related_name="+", verbose_name=_("variant")
    )
    email = models.EmailField(_("email"))
    language = models.CharField(_("language"), max_length=10)
    asked_at = models.DateTimeField(_("asked at"))
    # When the mail was handed to the outbox; empty while they wait.
    told_at = models.DateTimeField(_("told at"), null=True, blank=True)

    class Meta:
        app_label = "shop"
        verbose_name = _("back-in-stock request")
        verbose_name_plural = _("back-in-stock requests")
        constraints = [models.UniqueConstraint(fields=["variant", "email"], name="restockrequest_once")]
        indexes = [
            models.Index(fields=["told_at", "variant"], name="restockrequest_waiting"),
            models.Index(fields=["email"], name="restockrequest_email"),
        ]

    def __str__(self) -> str:
        return f"{self.email}, {self.variant}"
