"""No log may hold what opens an order."""

import logging

import pytest

from orders.selectors import order_token


@pytest.mark.django_db
def test_the_token_in_the_address_of_an_order_is_not_logged(client, caplog):
    token = order_token(number="0AM34DY1AD7P3")
    hide = logging.getLogger().handlers
    with caplog.at_level("WARNING"):
        response = client.get(f"/orders/0AM34DY1AD7P3/{token}/")
    assert response.status_code == 404
    for handler in hide:
        for record in caplog.records:
            if handler.filters:
                handler.filter(record)
                assert token not in handler.format(record)
    assert any(handler.filters for handler in hide)
