"""The admin site under the shop's name."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _


class HoldfastAdminSite(admin.AdminSite):
    """Django's admin, branded."""

    site_header = _("Holdfast")
    site_title = _("Holdfast")
    index_title = _("Shop administration")
