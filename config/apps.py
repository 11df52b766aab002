"""App configurations of the composition root."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _


class HoldfastConfig(AppConfig):
    """Holds the commands that look across every app, and joins what the apps must not know of each other."""

    name = "config"
    verbose_name = _("Holdfast")

    def ready(self) -> None:
        """Name the steps after payment, and connect outbox topics to those who act on them."""
        from config.wiring import connect_outbox, register_steps

        register_steps()
        connect_outbox()


class HoldfastAdminConfig(AdminConfig):
    """The Django admin under the shop's own name."""

    default_site = "config.admin.HoldfastAdminSite"

    def ready(self) -> None:
        """Load every app's admin, then join what crosses them."""
        super().ready()
        from config.staff_pages import join_staff_pages

        join_staff_pages()
