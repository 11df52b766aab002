"""By which names a buyer is counted where something is limited for each customer."""

from collections.abc import Sequence


def name_buyers(*, email: str, customer_id: int | None) -> Sequence[str]:
    """Return by which names a buyer's units are counted: an account's by both it could come with."""
    by_email = f"email:{email.strip().lower()}"
    return [by_email] if customer_id is None else [by_email, f"user:{customer_id}"]
