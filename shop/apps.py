"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ShopConfig(AppConfig):
    """Shop."""

    name = "shop"
    verbose_name = _("Shop")
