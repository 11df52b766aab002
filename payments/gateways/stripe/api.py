"""Calls to Stripe by its own SDK. Errors are told without what customers or keys could be read from."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import stripe

from payments.errors import GatewayUnavailable

# The SDK repeats a call that broke off or met its own twin, under the same idempotency key.
_RETRIES = 1


@lru_cache(maxsize=8)
def connect(*, secret_key: str, api_base: str, timeout: float) -> stripe.StripeClient:
    """Return the client for an account. It keeps its connections, one set for each thread."""
    return stripe.StripeClient(
        secret_key,
        base_addresses={"api": api_base},
        http_client=stripe.RequestsClient(timeout=timeout),
        max_network_retries=_RETRIES,
    )


@contextmanager
def translate_errors() -> Iterator[None]:
    """Turn whatever the SDK raises into GatewayUnavailable.

    Only Stripe's own codes are passed on. Its messages quote requests, and the error would take the whole
    answer with it into the log.
    """
    try:
        yield
    except stripe.StripeError as error:
        raise GatewayUnavailable(describe(error)) from None


def describe(error: stripe.StripeError) -> str:
    """Return what staff can look up at Stripe: the kind of error, its code, and the request's id."""
    parts = (type(error).__name__, error.http_status, error.code, error.request_id)
    return "Stripe: " + " ".join(str(part) for part in parts if part)


def is_missing(error: stripe.InvalidRequestError) -> bool:
    """Say whether Stripe does not know what was asked for."""
    return error.http_status == 404
