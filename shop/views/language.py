"""Choosing the language of the pages."""

from django.views.decorators.csrf import csrf_exempt
from django.views.i18n import set_language

# Without a token, so that no page gets a cookie just to offer this: the worst another site can do with it is
# to show somebody our pages in another language of ours.
choose_language = csrf_exempt(set_language)
