"""Where a request comes from, as far as that can be known."""

import re
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any, Final

from django.conf import settings

# Some proxies write the client's port down too.
_WITH_PORT: Final = re.compile(r"\[(?P<six>[^\]]*)\](:\d+)?|(?P<four>[\d.]+):\d+")
# What a provider gives one household; a limit for each single address of it would be none.
_HOUSEHOLD_BITS: Final = 64


def find_client_address(meta: Mapping[str, Any]) -> str:
    """Return the caller's address from a request's META: of IPv6 only the network, empty if there is none.

    Behind proxies it is what the outermost of our own (TRUSTED_PROXIES) saw. What stands further left in
    X-Forwarded-For is the caller's own word, somebody new each time.
    """
    if settings.TRUSTED_PROXIES:
        hops = str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(",")
        if len(hops) >= settings.TRUSTED_PROXIES and (
            address := normalize(hops[-settings.TRUSTED_PROXIES].strip())
        ):
            return address
    return normalize(str(meta.get("REMOTE_ADDR", "")))


def keep_if_countable(address: str) -> str:
    """Return a caller's address if what it holds may be counted, else an empty text.

    This machine's own is a proxy's or a test's, and everybody's.
    """
    return "" if not address or _is_loopback(address) else address


@lru_cache(maxsize=1024)
def normalize(text: str) -> str:
    """Return an address in its one spelling, an IPv6 address as its network; empty if it is none."""
    address = _parse(text)
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        if not address.is_loopback:
            return str(IPv6Network((int(address), _HOUSEHOLD_BITS), strict=False))
    return "" if address is None else str(address)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    if with_port := _WITH_PORT.fullmatch(text):
        text = with_port["six"] or with_port["four"] or ""
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _is_loopback(address: str) -> bool:
    return "/" not in address and ip_address(address).is_loopback
