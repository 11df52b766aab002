"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InventoryConfig(AppConfig):
    """Inventory."""

    name = "inventory"
    verbose_name = _("Inventory")

    def ready(self) -> None:
        """Register the system checks."""
        from inventory import checks  # noqa: F401 - models are not ready any earlier
