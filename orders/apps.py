"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    """Orders."""

    name = "orders"
    verbose_name = _("Orders")

    def ready(self) -> None:
        """Register the system checks."""
        from orders import checks  # noqa: F401 - models are not ready any earlier
