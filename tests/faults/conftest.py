"""A payment provider for the tests that need one."""

from collections.abc import Iterator

import pytest
from django.urls import reverse

from tests.faults.stripe_peer import StripePeer
from tests.faults.stripe_peer.peer import SECRET


@pytest.fixture
def peer(settings, live_server) -> Iterator[StripePeer]:
    """A provider, and a shop over HTTP that has an account there and nowhere else."""
    with StripePeer() as running:
        settings.PAYMENT_GATEWAYS = ["stripe"]
        settings.STRIPE_SECRET_KEY = "sk_test_of_the_peer"
        settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
        settings.STRIPE_API_BASE = running.url
        settings.STRIPE_TIMEOUT_SECONDS = 5.0
        running.webhook = live_server.url + reverse("api:webhook", kwargs={"gateway": "stripe"})
        yield running
