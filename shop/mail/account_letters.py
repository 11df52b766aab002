"""What the mails about an account say, in the language that is active.

They go by the names that the account pages' library has for them.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from allauth.account import app_settings
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shop.mail.letters import Letter
from shop.templatetags.shop import day_and_time

# Browsers say more about themselves than helps to know one's own.
_LONGEST_BROWSER: Final = 120
_DAY: Final = dt.timedelta(days=1)


def write_account_letter(name: str, context: Mapping[str, Any]) -> Letter:
    """Return the mail that the library calls `name`; `context` is what it says about it."""
    return _WRITERS[name](context)


def _write_confirmation(context: Mapping[str, Any]) -> Letter:
    return Letter(
        subject=_("Please confirm your email address"),
        heading=_("Is this your email address?"),
        paragraphs=(
            _("It was given for an account at %(shop)s. Please confirm that it is yours.")
            % {"shop": settings.SHOP_NAME},
            _say_how_long(app_settings.EMAIL_CONFIRMATION_EXPIRE_DAYS),
        ),
        button=_("Confirm the address"),
        url=context["activate_url"],
        shows_lines=False,
        closing=_("If it was not you who gave it, you need not do anything."),
    )


def _write_known(context: Mapping[str, Any]) -> Letter:
    return Letter(
        subject=_("You already have an account"),
        heading=_("You already have an account"),
        paragraphs=(
            _("Somebody, probably you, wanted to open an account at %(shop)s with this email address.")
            % {"shop": settings.SHOP_NAME},
            _("You have one already: please sign in, or choose a new password if you do not know yours."),
        ),
        button=_("Choose a new password"),
        url=context["password_reset_url"],
        shows_lines=False,
        closing=_(
            "If it was not you, you need not do anything: they were not told that you have an account."
        ),
    )


def _write_unknown(context: Mapping[str, Any]) -> Letter:
    return Letter(
        subject=_("There is no account with this email address"),
        heading=_("There is no account with this email address"),
        paragraphs=(
            _("Somebody, probably you, asked for a new password at %(shop)s, for this email address.")
            % {"shop": settings.SHOP_NAME},
            _("Perhaps you signed up with another one. With this one you can open an account at any time."),
        ),
        button=_("Create an account"),
        url=context["signup_url"],
        shows_lines=False,
        closing=_("If it was not you, you need not do anything."),
    )


def _write_reset(context: Mapping[str, Any]) -> Letter:
    return Letter(
        subject=_("Choose a new password"),
        heading=_("Choose a new password"),
        paragraphs=(
            _("Somebody, probably you, asked for a new password for your account at %(shop)s.")
            % {"shop": settings.SHOP_NAME},
            _say_how_long(settings.PASSWORD_RESET_TIMEOUT // int(_DAY.total_seconds())),
        ),
        button=_("Choose a new password"),
        url=context["password_reset_url"],
        shows_lines=False,
        closing=_("If it was not you, you need not do anything: your password stays as it is."),
    )


def _say_how_long(days: int) -> str:
    text = ngettext("The link is good for %(days)s day.", "The link is good for %(days)s days.", days)
    return text % {"days": days}


def _write_news(
    describe: Callable[[Mapping[str, Any]], tuple[str, str]], context: Mapping[str, Any]
) -> Letter:
    """Tell the owner of an account what changed about it, and what to do if that was somebody else."""
    heading, what = describe(context)
    return Letter(
        subject=heading,
        heading=heading,
        paragraphs=(
            *filter(None, [what]),
            *_say_where_from(context),
            _("If that was you, all is well. If not, please choose a new password at once, and write to us."),
        ),
        button=_("Choose a new password"),
        url=settings.SITE_URL + reverse("account_reset_password"),
        shows_lines=False,
        closing=_("We write to you whenever the way you sign in changes."),
    )


def _say_where_from(context: Mapping[str, Any]) -> Iterator[str]:
    facts = {"when": day_and_time(context["timestamp"]), "address": context["ip"]}
    yield _("It was done on %(when)s, from the network address %(address)s.") % facts
    if browser := " ".join(str(context["user_agent"]).split())[:_LONGEST_BROWSER]:
        yield _("The browser called itself: %(browser)s") % {"browser": browser}


def _describe_password(context: Mapping[str, Any]) -> tuple[str, str]:
    return _("Your password has changed"), ""


def _describe_address(context: Mapping[str, Any]) -> tuple[str, str]:
    text = _("You sign in with %(new)s from now on, no longer with %(old)s, and we write to you there.")
    return _("Your email address has changed"), text % {
        "new": context["to_email"],
        "old": context["from_email"],
    }


def _describe_removed(context: Mapping[str, Any]) -> tuple[str, str]:
    text = _("%(email)s does not belong to your account any more.")
    return _("An email address was removed"), text % {"email": context["deleted_email"]}


def _describe_app_on(context: Mapping[str, Any]) -> tuple[str, str]:
    return _("Two-step sign-in is on"), _("We ask for a code from your app when you sign in.")


def _describe_app_off(context: Mapping[str, Any]) -> tuple[str, str]:
    return _("Two-step sign-in is off"), _("You sign in with your password alone.")


def _describe_codes(context: Mapping[str, Any]) -> tuple[str, str]:
    return _("You have new recovery codes"), _("Those you had before do not work any more.")


_WRITERS: Final[Mapping[str, Callable[[Mapping[str, Any]], Letter]]] = {
    "account/email/email_confirmation": _write_confirmation,
    "account/email/email_confirmation_signup": _write_confirmation,
    "account/email/account_already_exists": _write_known,
    "account/email/unknown_account": _write_unknown,
    "account/email/password_reset_key": _write_reset,
    "account/email/password_reset": partial(_write_news, _describe_password),
    "account/email/password_changed": partial(_write_news, _describe_password),
    "account/email/password_set": partial(_write_news, _describe_password),
    "account/email/email_changed": partial(_write_news, _describe_address),
    "account/email/email_deleted": partial(_write_news, _describe_removed),
    "mfa/email/totp_activated": partial(_write_news, _describe_app_on),
    "mfa/email/totp_deactivated": partial(_write_news, _describe_app_off),
    "mfa/email/recovery_codes_generated": partial(_write_news, _describe_codes),
}
ACCOUNT_LETTERS: Final = tuple(_WRITERS)
