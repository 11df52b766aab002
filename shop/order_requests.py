"""What somebody asks to be sent, as the web shop and the API both say it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """Units by SKU, for whom and where to, on which terms.

    As many of `points` are to be spent as go into the total.
    """

    email: str
    quantities: Sequence[tuple[str, int]] = ()
    customer_id: int | None = None
    shipping_address: Mapping[str, Any] | None = None
    shipping_method: str = ""
    coupon: str = ""
    points: int = 0

    def make_fingerprint(self) -> str:
        """Return a digest that is the same for the same request, however it was written down."""
        chosen = {"shipping_method": self.shipping_method, "coupon": self.coupon, "points": self.points}
        content = [self.email, sorted(self.quantities), self.shipping_address, self.customer_id]
        # What was not chosen leaves no trace, so that a new choice does not make old requests look different.
        content += [{name: value} for name, value in chosen.items() if value]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
