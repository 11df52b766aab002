"""No log may hold what opens an order, and no stranger may fill it."""

import io
import logging

import pytest
from django.db import connection

from orders.selectors import order_token


@pytest.fixture
def log(monkeypatch):
    """What the shop's own handler writes."""
    handler = next(one for one in logging.getLogger().handlers if one.get_name() == "console")
    written = io.StringIO()
    monkeypatch.setattr(handler, "stream", written)
    return written


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


@pytest.mark.parametrize(
    ("path", "headers", "word"),
    [
        ("/media/..%2f..%2f..%2fetc/passwd", {}, "SuspiciousFileOperation"),
        ("/media/..%2f..%2f..%2f%0aforged", {}, "Not Found: /media/../../../\\nforged"),
        ("/readyz", {"Host": "evil.example"}, "Invalid HTTP_HOST header: 'evil.example'"),
        ("/accounts/login/", {"Host": "evil.example"}, "Invalid HTTP_HOST header: 'evil.example'"),
        ("/nowhere/", {}, "Not Found: /nowhere/"),
    ],
)
@pytest.mark.django_db
def test_what_a_stranger_gets_wrong_is_one_warning_without_paths_of_the_server(
    client, log, settings, path, headers, word
):
    client.raise_request_exception = False
    assert client.get(path, headers=headers).status_code in {400, 404}
    (line,) = log.getvalue().splitlines()
    assert " WARNING django." in line
    assert word in line
    assert str(settings.BASE_DIR) not in line
    assert str(settings.MEDIA_ROOT) not in line


@pytest.fixture
def database_away():
    """Let connections of this test go where nobody listens."""
    port = connection.settings_dict["PORT"]
    connection.close()
    connection.settings_dict["PORT"] = "1"
    yield
    connection.close()
    connection.settings_dict["PORT"] = port


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/admin/", "/api/v1/products/", "/cart/"])
def test_a_database_that_is_away_is_one_line_for_each_request(client, log, database_away, path):
    client.raise_request_exception = False
    client.cookies["sessionid"] = "x" * 32
    assert client.get(path).status_code == 503
    (line,) = log.getvalue().splitlines()
    assert " WARNING " in line


def test_a_bug_keeps_its_traceback(log):
    logger = logging.getLogger("django.request")
    try:
        int("a bug")
    except ValueError:
        logger.exception("Internal Server Error", extra={"status_code": 500})
    assert "ERROR django.request: Internal Server Error\nTraceback" in log.getvalue()
