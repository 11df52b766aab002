"""How the shop's customers sign in, where that differs from what the account pages' library does."""

import logging
from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.contrib.sites.requests import RequestSite
from django.http import HttpRequest
from django.utils.translation import gettext as _

from shop.client_address import find_client_address
from shop.mail.rendering import name_sender

logger = logging.getLogger(__name__)
# Of callers whose address is not known, such as those at a socket: they share their limits.
_NOWHERE: Final = "0.0.0.0"  # noqa: S104 - nothing listens here


class AccountAdapter(DefaultAccountAdapter):
    """Stands what strangers write into addresses, and a mail server that does not answer."""

    def is_safe_url(self, url: str | None) -> bool:
        """Say whether somebody may be sent there after signing in or out; what is no address is not safe."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return whose limits a request counts for: behind proxies, not the proxy's."""
        return find_client_address(request.META) or _NOWHERE

    def get_from_email(self) -> str:
        """Return the sender all mail of the shop has."""
        return name_sender()

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail under the shop's name; if that fails, say so on the page instead of breaking it."""
        site = RequestSite(self.request)
        site.name = settings.SHOP_NAME
        try:
            super().send_mail(template_prefix, email, {"current_site": site, **context})
        except OSError:
            logger.exception("An account's mail could not be sent (%s).", template_prefix)
            text = _("We could not send you an email just now. Please try again in a few minutes.")
            messages.error(self.request, text)
