"""The content security policy opens to Stripe's page for shops that offer Stripe, and for no others."""

import os
import subprocess
import sys

import pytest

READ = "from config import settings; print(settings.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action'])"
KEYS = {"STRIPE_SECRET_KEY": "sk_test_1", "STRIPE_WEBHOOK_SECRET": "whsec_1"}
SELF = "\"'self'\""


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, f"[{SELF}]"),
        ({"PAYMENT_GATEWAYS": "sandbox,stripe"}, f"[{SELF}]"),
        (KEYS, f"[{SELF}]"),
        ({"PAYMENT_GATEWAYS": "stripe", "STRIPE_SECRET_KEY": "sk_test_1"}, f"[{SELF}]"),
        ({"PAYMENT_GATEWAYS": "sandbox,stripe", **KEYS}, f"[{SELF}, 'https://checkout.stripe.com']"),
    ],
)
def test_forms_may_lead_to_stripe_only_where_it_is_offered(environment, expected):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("STRIPE", "PAYMENT"))}
    read = subprocess.run(
        [sys.executable, "-c", READ], env={**clean, **environment}, capture_output=True, text=True
    )
    assert read.stdout.strip() == expected, read.stderr
