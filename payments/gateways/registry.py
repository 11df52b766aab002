"""Which gateways there are, which are switched on, and which of those customers may choose."""

import datetime as dt

from django.conf import settings

from payments.errors import UnknownGateway
from payments.gateways.bank_transfer.gateway import BankAccount, BankTransferGateway
from payments.gateways.base import Gateway
from payments.gateways.sandbox.gateway import SandboxGateway
from payments.gateways.stripe.gateway import StripeAccount, StripeGateway


def list_gateways() -> list[Gateway]:
    """Return the gateways customers can choose from: named in PAYMENT_GATEWAYS, in that order."""
    known = _list_configured()
    return [known[name] for name in settings.PAYMENT_GATEWAYS if name in known]


def get_offered_gateway(name: str) -> Gateway:
    """Return a gateway for a new payment. Raises UnknownGateway for one that is not offered."""
    if name not in settings.PAYMENT_GATEWAYS:
        raise UnknownGateway(name)
    return get_gateway(name)


def get_gateway(name: str) -> Gateway:
    """Return a gateway for payments it has already. Raises UnknownGateway, also for one without its secret.

    It need not be offered any more: what it took still comes in, and can still be sent back.
    """
    gateway = find_gateway(name)
    if gateway is None:
        raise UnknownGateway(name)
    return gateway


def find_gateway(name: str) -> Gateway | None:
    """Return a gateway that has its secrets, offered or not; None if there is none of this name."""
    return _list_configured().get(name)


def list_configured() -> list[Gateway]:
    """Return every gateway that has its secrets, offered or not."""
    return list(_list_configured().values())


def list_gateways_by_hand() -> list[str]:
    """Return the names of the gateways whose refunds staff send themselves."""
    return [gateway.name for gateway in list_configured() if not gateway.sends_refunds]


def _list_configured() -> dict[str, Gateway]:
    gateways: list[Gateway] = [
        SandboxGateway(secret=settings.SANDBOX_SECRET),
        StripeGateway(
            StripeAccount(
                secret_key=settings.STRIPE_SECRET_KEY,
                webhook_secrets=tuple(settings.STRIPE_WEBHOOK_SECRETS),
                api_base=settings.STRIPE_API_BASE,
                timeout_seconds=settings.STRIPE_TIMEOUT_SECONDS,
            )
        ),
        BankTransferGateway(
            BankAccount(
                holder=settings.BANK_TRANSFER_HOLDER,
                number=settings.BANK_TRANSFER_ACCOUNT,
                bic=settings.BANK_TRANSFER_BIC,
                bank=settings.BANK_TRANSFER_BANK,
            ),
            window=dt.timedelta(seconds=settings.BANK_TRANSFER_WINDOW_SECONDS),
        ),
    ]
    return {gateway.name: gateway for gateway in gateways if gateway.is_configured}
