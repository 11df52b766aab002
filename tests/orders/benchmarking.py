"""Short benchmarks, for tests of the benchmark."""

import dataclasses
import io
import json
from typing import Any

from django.core.management import call_command

from orders.benchmark.summary import Row


def run_benchmark(**options: Any) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """Run the command for a moment and return its last row of each strategy, and the report."""
    out = io.StringIO()
    moment = {"seconds": 0.5, "warm_up": 0.1, "repeats": 1, "clients": "4", "json": "-"}
    call_command("benchmark_checkout", **{**moment, **options}, stdout=out, stderr=io.StringIO())
    report = json.loads(out.getvalue())
    return {row["strategy"]: row for row in report["rows"]}, report


def make_row(**values: Any) -> Row:
    """Return a row of a sound run, changed as given."""
    nothing = {field.name: None if "None" in str(field.type) else 0 for field in dataclasses.fields(Row)}
    sound = {"workload": "hot", "strategy": "conditional", "clients": 8, "orders_per_second": 900.0}
    return Row(**{**nothing, **sound, "books_balanced": True, "batch_sizes": {}, **values})
