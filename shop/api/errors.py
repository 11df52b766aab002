"""What can go wrong with a request before any service is asked."""

from dataclasses import dataclass


class ApiError(Exception):
    """Base of the errors raised by the API itself."""


@dataclass
class BodyTooLarge(ApiError):
    """The request body is longer than the endpoint reads."""

    limit: int

    def __str__(self) -> str:
        return f"this endpoint reads at most {self.limit} bytes"


class MalformedBody(ApiError):
    """The request body is not the JSON it says it is."""


class IdempotencyKeyMissing(ApiError):
    """Placing an order needs an idempotency key, or a retry would buy twice."""


class IdempotencyKeyInvalid(ApiError):
    """The idempotency key is not 1 to 255 visible ASCII characters."""


class CredentialsInvalid(ApiError):
    """No active customer has this e-mail address and password."""


class SecondStepRequired(ApiError):
    """The account has two-step sign-in, and no code that is valid now came with the password."""


class EmailUnconfirmed(ApiError):
    """Whoever signed up with this e-mail address has yet to confirm it."""


@dataclass
class SkuNotFound(ApiError):
    """Nothing for sale has this SKU."""

    sku: str

    def __str__(self) -> str:
        return "nothing for sale has this SKU"
