"""Template tags of the account pages."""

from typing import Any

from django import template
from django.conf import settings
from django.template import Context

register = template.Library()


@register.inclusion_tag("shop/fragments/account_nav.html", takes_context=True)
def account_nav(context: Context) -> dict[str, Any]:
    """Show the way between the account pages; that of points where there are points."""
    match = getattr(context.get("request"), "resolver_match", None)
    return {
        "here": match.url_name if match else "",
        "has_points": bool(settings.POINT_VALUE or settings.POINTS_PER_UNIT),
    }
