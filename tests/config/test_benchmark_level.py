"""`benchmark_checkout --level http` measures the shop's own web server, beside a view that does nothing."""

import pytest

from orders.benchmark.sellers import ShopSeller
from shop.availability import RETRY_AFTER_SECONDS
from tests.orders.benchmarking import run_benchmark


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_orders_over_http_are_measured_beside_a_view_that_does_nothing():
    rows, report = run_benchmark(level="http", strategy="conditional", clients="2")
    assert list(rows) == ["raw", "unlocked", "do-nothing", "conditional"]
    row = rows["conditional"]
    assert row["books_balanced"]
    assert row["oversold_units"] == 0
    assert 0 < row["ratio_to_nothing"] < 1
    assert row["python_cpu_ms_per_order"] > rows["raw"]["python_cpu_ms_per_order"]
    assert report["settings"]["level"] == "http"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_sellout_over_http_ends_at_zero_and_goes_on_refusing():
    rows, _report = run_benchmark(
        level="http", workload="sellout", strategy="combined", clients="4", stock=30, commit_delay=5.0
    )
    assert "do-nothing" not in rows
    assert rows["combined"]["units_left"] == rows["combined"]["oversold_units"] == 0
    assert rows["combined"]["refused_per_second"] > 0
    assert rows["combined"]["seconds_to_sell_out"] > 0


def test_busy_clients_wait_as_long_as_the_shop_asks_them_to():
    assert ShopSeller.retry_after == RETRY_AFTER_SECONDS
