"""What is told of a measured sweep."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class SweepMeasurement:
    """Rates in orders per second; `failures` are broken promises."""

    server: str
    durability: dict[str, str]
    machine: str
    strategy: str
    clients: int
    orders: int
    allowances: int
    sweep_seconds: float
    swept_per_second: float
    sales_per_second_alone: float
    sales_per_second_during_sweep: float
    sales_p95_ms_alone: float
    sales_p95_ms_during_sweep: float
    failures: list[str]

    @property
    def sales_kept(self) -> float:
        """The share of the sales that goes on while the sweep runs."""
        alone = self.sales_per_second_alone
        return self.sales_per_second_during_sweep / alone if alone else 0.0


def to_json(measured: SweepMeasurement) -> str:
    """Return the figures for programs."""
    facts = {
        name: round(value, 2) if isinstance(value, float) else value
        for name, value in asdict(measured).items()
    }
    return json.dumps({**facts, "sales_kept": round(measured.sales_kept, 3)}, indent=2)


def to_text(measured: SweepMeasurement) -> str:
    """Return the figures for people."""
    m = measured
    return "\n".join(
        [
            f"{m.server}, {m.machine}; {m.strategy}, {m.clients} clients buy what the sweep gives back",
            f"sweep           {m.swept_per_second:9,.0f} orders/s ({m.orders:,} in {m.sweep_seconds:.1f} s,"
            f" {m.allowances} allowances each)",
            f"sales alone     {m.sales_per_second_alone:9,.0f} orders/s, p95 {m.sales_p95_ms_alone:.1f} ms",
            f"sales meanwhile {m.sales_per_second_during_sweep:9,.0f} orders/s,"
            f" p95 {m.sales_p95_ms_during_sweep:.1f} ms ({m.sales_kept:.0%} of alone)",
        ]
    )
