"""Minor units at Stripe and here are the same money."""

import pytest
from babel.numbers import list_currencies

from payments.errors import UnsupportedAmount
from payments.gateways.stripe.currencies import from_stripe, to_stripe


@pytest.mark.parametrize(
    ("currency", "ours", "stripes"),
    [
        ("USD", 1234, 1234),
        ("EUR", 1, 1),
        ("HUF", 100000, 100000),
        ("TWD", 1000, 1000),
        ("JPY", 500, 500),
        ("KRW", 1, 1),
        ("VND", 10**9, 10**9),
        ("XOF", 10, 10),
        # Nobody uses hundredths of these, and Stripe counts them all the same.
        ("ISK", 5, 500),
        ("UGX", 5, 500),
        ("KWD", 5120, 5120),
    ],
)
def test_amounts_are_converted_there_and_back(currency, ours, stripes):
    assert to_stripe(ours, currency) == stripes
    assert from_stripe(stripes, currency) == ours


@pytest.mark.parametrize("amount", [1000, 1234500])
def test_what_goes_to_stripe_comes_back_as_it_was_in_every_currency(amount):
    for currency in list_currencies():
        assert from_stripe(to_stripe(amount, currency), currency) == amount


@pytest.mark.parametrize(("currency", "amount"), [("KWD", 5124), ("BHD", 1)])
def test_an_amount_stripe_cannot_take_is_refused(currency, amount):
    with pytest.raises(UnsupportedAmount):
        to_stripe(amount, currency)


@pytest.mark.parametrize(("currency", "amount"), [("ISK", 550), ("UGX", 1)])
def test_an_amount_nobody_can_have_paid_is_refused(currency, amount):
    with pytest.raises(UnsupportedAmount):
        from_stripe(amount, currency)
