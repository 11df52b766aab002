"""Steps of orders, and what became of them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.states import StepState


class OrderStep(models.Model):
    """One step after the payment of an order, and what became of it. Changed only by `orders.steps`."""

    id = models.BigIntegerField(primary_key=True)
    order = models.ForeignKey(
        "orders.Order",
        on_delete=models.PROTECT,
        db_index=False,
        related_name="steps",
        verbose_name=_("order"),
    )
    name = models.CharField(_("step"), max_length=30)
    position = models.PositiveSmallIntegerField(_("position"))
    is_critical = models.BooleanField(_("critical"))
    state = models.CharField(
        _("state"), max_length=10, choices=StepState.choices, default=StepState.WAITING, db_index=True
    )
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    latest_error = models.CharField(_("latest error"), max_length=500, blank=True)
    began_at = models.DateTimeField(_("began at"), null=True, blank=True)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    failed_at = models.DateTimeField(_("failed at"), null=True, blank=True)
    # Stays when the step was undone after that: it is why the order's money went back.
    failed_because = models.CharField(_("failed because"), max_length=500, blank=True)
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    settled_by = models.CharField(_("settled by"), max_length=100, blank=True)
    result = models.JSONField(_("result"), null=True, blank=True)

    class Meta:
        verbose_name = _("step after payment")
        verbose_name_plural = _("steps after payment")
        constraints = [
            models.UniqueConstraint(fields=["order", "name"], name="orderstep_once_per_name"),
            models.CheckConstraint(condition=Q(state__in=StepState.values), name="orderstep_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.order.number}: {self.name}"
