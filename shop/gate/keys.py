"""The gate's keys in Redis. Those of one sale share a hash tag, so that Redis Cluster keeps them together."""

from dataclasses import dataclass

# Before all of them.
prefix = "holdfast:gate"


@dataclass(frozen=True, slots=True)
class SaleKeys:
    """The keys of one sale in one epoch, in the order in which every script takes them.

    What a `settle` may change has the epoch in its name; the line of waiting tickets outlives epochs.
    """

    sale_id: int
    epoch: str

    def as_list(self) -> list[str]:
        """Return all keys. KEYS[1] names the epoch that holds."""
        return [
            *(self._name(part) for part in ("epoch", "line", "seen", "totals", "rate")),
            *(self._name(f"{self.epoch}:{part}") for part in ("state", "tokens", "wants")),
        ]

    def _name(self, part: str) -> str:
        return f"{prefix}:{{sale:{self.sale_id}}}:{part}"
