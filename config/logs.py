"""What must not be written to a log."""

import logging
import re
from typing import Any

# The address of a guest's order holds the token that opens it.
_TOKEN = re.compile(r"(/orders/[0-9A-Z]{13}/)[0-9a-f]{16,}")


class HideOrderTokens(logging.Filter):
    """Takes the tokens out of addresses of orders, in messages and in their arguments."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record; none is dropped."""
        record.msg = _hide(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(_hide(value) for value in record.args)
        return True


def _hide(value: Any) -> Any:
    return _TOKEN.sub(r"\1...", value) if isinstance(value, str) else value
