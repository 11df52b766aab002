"""How the shop's customers sign in, where that differs from what the account pages' library does."""

import logging
import uuid
from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.account.stages import EmailVerificationStage
from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from shop.client_address import find_client_address
from shop.mail.account_letters import write_account_letter
from shop.mail.rendering import render_mail

logger = logging.getLogger(__name__)
# Of callers whose address is not known, such as those at a socket: they share their limits.
_NOWHERE: Final = "0.0.0.0"  # noqa: S104 - nothing listens here
_LIBRARYS_STAGE: Final = "allauth.account.stages.EmailVerificationStage"


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

    def get_login_stages(self) -> list[str]:
        """Return what stands between a password and being signed in."""
        own = f"{__name__}.{ConfirmationStage.__name__}"
        return [own if stage == _LIBRARYS_STAGE else stage for stage in super().get_login_stages()]

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail that looks like all of the shop's; if that fails, say so on the page and go on."""
        letter = write_account_letter(template_prefix, context)
        try:
            render_mail(letter, recipient=email, key=f"account:{uuid.uuid4().hex}").send()
        except OSError:
            logger.exception("An account's mail could not be sent (%s).", template_prefix)
            text = _("We could not send you an email just now. Please try again in a few minutes.")
            messages.error(self.request, text)


class ConfirmationStage(EmailVerificationStage):
    """Lets nobody in before their email address is confirmed, but for staff."""

    def handle(self) -> tuple[HttpResponse | None, bool]:
        """Return the answer that ends the way in, or none, and whether it may go on."""
        user = self.login.user
        if user is not None and not lacks_confirmation(user):
            return None, True
        response, may_go_on = super().handle()
        return response, may_go_on


def lacks_confirmation(user: AbstractBaseUser) -> bool:
    """Say whether somebody signed up with an email address and has yet to show that it is theirs. One query.

    Staff need not, nor do those whom staff gave an account: no stranger can have typed their address.
    """
    if getattr(user, "is_staff", False):
        return False
    verified = list(EmailAddress.objects.filter(user_id=user.pk).values_list("verified", flat=True))
    return bool(verified) and not any(verified)


def name_user(user: AbstractBaseUser) -> str:
    """Return the name by which the pages speak of a user: people do not know the one they were given."""
    return str(getattr(user, "email", "") or user.get_username())
