"""The gateways that are switched on: named in PAYMENT_GATEWAYS and in possession of their secret."""

from django.conf import settings

from payments.errors import UnknownGateway
from payments.gateways.base import Gateway
from payments.gateways.sandbox.gateway import SandboxGateway


def list_gateways() -> list[Gateway]:
    """Return the gateways customers can choose from, in the configured order."""
    known = {"sandbox": SandboxGateway(secret=settings.SANDBOX_SECRET)}
    return [known[name] for name in settings.PAYMENT_GATEWAYS if name in known and known[name].is_configured]


def get_gateway(name: str) -> Gateway:
    """Return one gateway. Raises UnknownGateway, also for one without its secret."""
    for gateway in list_gateways():
        if gateway.name == name:
            return gateway
    raise UnknownGateway(name)
