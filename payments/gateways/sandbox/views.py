"""The sandbox provider's hosted page: pay, decline, or leave."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from orders.money import format_money
from payments.gateways.sandbox import provider
from payments.models import SandboxCharge


@never_cache
@require_http_methods(["GET", "POST"])
def pay(request: HttpRequest, reference: str) -> HttpResponse:
    """Show a charge, or record what the customer decided and send them back to the shop."""
    charge = SandboxCharge.objects.filter(reference=reference).first()
    if charge is None or not settings.SANDBOX_SECRET:
        raise Http404
    if request.method == "GET":
        return render(
            request,
            "sandbox/pay.html",
            {"charge": charge, "amount": format_money(charge.amount, charge.currency)},
        )
    decision = request.POST.get("decision", "")
    if decision in ("pay", "decline"):
        callback = provider.settle_charge(reference, approve=decision == "pay")
        if callback is not None:
            provider.deliver_callback(callback, secret=settings.SANDBOX_SECRET, now=timezone.now())
    elif decision != "leave":
        return render(
            request,
            "sandbox/pay.html",
            {"charge": charge, "amount": format_money(charge.amount, charge.currency)},
            status=400,
        )
    return HttpResponseRedirect(charge.return_url)
