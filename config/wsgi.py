"""WSGI entry point."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

_django = get_wsgi_application()

# Its modules need the models, which are there only now.
from shop.api.guest_orders import GuestOrders  # noqa: E402

application = GuestOrders(_django)
