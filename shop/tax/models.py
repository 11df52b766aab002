"""Which goods are taxed alike."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class TaxClass(models.Model):
    """Goods that are taxed alike; those without a class are taxed at the standard rates."""

    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(_("slug"), max_length=100, unique=True)

    class Meta:
        app_label = "shop"
        verbose_name = _("tax class")
        verbose_name_plural = _("tax classes")

    def __str__(self) -> str:
        return self.name
