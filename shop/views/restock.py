"""Asking to be told when something is in stock again."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from shop import selectors
from shop.errors import ProductNotFound
from shop.restock import services as restock
from shop.restock.errors import InStock, TooManyRequests
from shop.types import ProductView


class RestockForm(forms.Form):
    """Who wants to be told, and of what."""

    variant = forms.TypedChoiceField(label=gettext_lazy("Which one"), coerce=int)
    email = forms.EmailField(label=gettext_lazy("Email"), max_length=254)

    def __init__(self, product: ProductView, data: Any = None, *, email: str = "") -> None:
        super().__init__(data, initial={"email": email}, auto_id="restock_%s")
        variants = [variant for variant in product.variants if variant.is_sold_out]
        field: Any = self.fields["variant"]
        field.choices = [(variant.id, variant.label or variant.sku) for variant in variants]


def make_restock_form(request: HttpRequest, product: ProductView) -> RestockForm | None:
    """Return the form for a product of which something is sold out, or None."""
    if not any(variant.is_sold_out for variant in product.variants):
        return None
    return RestockForm(product, email=getattr(request.user, "email", ""))


@require_POST
def ask_restock(request: HttpRequest, slug: str) -> HttpResponse:
    """Note that somebody is to be told."""
    try:
        product = selectors.get_product(slug=slug)
    except ProductNotFound as error:
        raise Http404 from error
    form = RestockForm(product, request.POST)
    if not form.fields["variant"].choices:  # type: ignore[attr-defined]
        return _answer(request, product, None, _("Good news: it is in stock."))
    if not form.is_valid():
        return _answer(request, product, form, "")
    try:
        restock.ask(
            variant_id=form.cleaned_data["variant"],
            email=form.cleaned_data["email"],
            language=get_language() or "",
            now=timezone.now(),
        )
    except InStock:
        return _answer(request, product, None, _("Good news: it is in stock."))
    except TooManyRequests:
        form.add_error("email", _("This address is waiting for many things already. Please try again later."))
        return _answer(request, product, form, "")
    note = _("We will write to %(email)s once, when it is back.") % {"email": form.cleaned_data["email"]}
    return _answer(request, product, None, note)


def _answer(request: HttpRequest, product: ProductView, form: RestockForm | None, note: str) -> HttpResponse:
    context = {"product": product, "restock_form": form, "note": note}
    if request.headers.get("HX-Request") == "true":
        return render(request, "shop/fragments/restock.html", context)
    if form is not None:
        return render(request, "shop/restock.html", context, status=422)
    messages.success(request, note)
    return redirect("shop:product", slug=product.slug)
