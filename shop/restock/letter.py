"""What the mail says."""

from typing import Final

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from shop.mail.kinds import MailKind
from shop.mail.letters import Letter
from shop.models import Variant

KIND: Final = MailKind.RESTOCKED


def write_letter(variant: Variant) -> Letter:
    """Return the news that a variant can be bought, in the language that is active."""
    product = variant.product
    name = f"{product.name} ({variant.label})" if variant.label else product.name
    return Letter(
        subject=_("Back in stock: %(name)s") % {"name": name},
        heading=_("It is here again"),
        paragraphs=(
            _("You asked us to tell you when %(name)s is back. It is.") % {"name": name},
            _("We cannot set it aside for you before you order: it belongs to whoever orders first."),
        ),
        button=_("See it in the shop"),
        url=settings.SITE_URL + reverse("shop:product", kwargs={"slug": product.slug}),
        shows_lines=False,
        closing=_(
            "This is the only mail about it. Your address is off the list now; if it was somebody else who"
            " typed it in, you need not do anything."
        ),
    )
