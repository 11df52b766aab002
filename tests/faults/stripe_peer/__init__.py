"""A payment provider of our own: the part of Stripe's API that the shop uses, misbehaving on demand."""

from tests.faults.stripe_peer.peer import StripePeer
from tests.faults.stripe_peer.recipes import Fault

__all__ = ["Fault", "StripePeer"]
