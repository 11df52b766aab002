"""How the shop's customers sign in, where that differs from what the account pages' library does."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    """Stands what strangers write into addresses."""

    def is_safe_url(self, url: str | None) -> bool:
        """Say whether somebody may be sent there after signing in or out; what is no address is not safe."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False
