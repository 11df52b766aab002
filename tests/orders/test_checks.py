"""Settings of carrier and warehouse that cannot work are named before an order needs them."""

import pytest

from orders.checks import check_peers
from tests.faults.peer_of_steps import SECRET


def list_ids():
    return [problem.id for problem in check_peers(None)]


def test_without_carrier_and_warehouse_nothing_is_wrong():
    assert list_ids() == []


def test_an_address_with_its_secret_is_right(settings):
    settings.CARRIER_URL, settings.CARRIER_SECRET = "https://carrier.example/v1", SECRET
    settings.WAREHOUSE_URL, settings.WAREHOUSE_SECRET = "http://127.0.0.1:9000", SECRET
    assert list_ids() == []


@pytest.mark.parametrize("name", ["CARRIER", "WAREHOUSE"])
@pytest.mark.parametrize(
    ("url", "secret", "found"),
    [
        ("https://carrier.example", "", ["orders.W001"]),
        ("", SECRET, ["orders.W001"]),
        ("carrier.example", SECRET, ["orders.E001"]),
        ("ftp://carrier.example", SECRET, ["orders.E001"]),
        ("https://carrier.example:port", SECRET, ["orders.E001"]),
        ("http://[", SECRET, ["orders.E001"]),
        ("https://carrier.example", "whsec_abc", ["orders.E002"]),
    ],
)
def test_what_cannot_work_is_named(settings, name, url, secret, found):
    setattr(settings, f"{name}_URL", url)
    setattr(settings, f"{name}_SECRET", secret)
    assert list_ids() == found
    assert not secret or all(secret not in str(problem) for problem in check_peers(None))


@pytest.mark.parametrize("seconds", [0.0, -1.0, 31.0])
def test_an_attempt_must_end_well_before_its_lease(settings, seconds):
    settings.STEP_TIMEOUT_SECONDS = seconds
    assert list_ids() == ["orders.E003"]
