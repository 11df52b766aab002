"""What mail can be about."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class MailKind(models.TextChoices):
    """What a customer is told."""

    PLACED = "placed", _("Ordered, to be paid")
    PAID = "paid", _("Paid")
    PAID_LATE = "paid_late", _("Paid late, and still sold")
    CANCELLED = "cancelled", _("Cancelled")
    SHIPPED = "shipped", _("Shipped")
    REFUNDED = "refunded", _("Refunded")
    PART_REFUNDED = "part_refunded", _("Refunded in part")
    LATE_RETURNED = "late_returned", _("Paid too late, sent back")
    TWICE_RETURNED = "twice_returned", _("Paid twice, sent back")
    WRONG_RETURNED = "wrong_returned", _("Wrong amount, sent back")
    RESTOCKED = "restocked", _("Back in stock")
