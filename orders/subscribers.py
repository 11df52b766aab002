"""Who acts on the topics of the outbox: the composition root connects them, when the shop starts."""

from collections.abc import Callable, Mapping
from typing import Any

Handler = Callable[[str, Mapping[str, Any]], None]

_handlers: dict[str, dict[str, Handler]] = {}


def connect(topic: str, handler: Handler, *, subscriber: str) -> None:
    """Have a topic's messages delivered to `handler(key, payload)`, in the name of a subscriber.

    If it raises, the message comes again later; if it raises Undeliverable, it is parked at once. Each
    subscriber of a topic gets, and fails, its own message.
    """
    _handlers.setdefault(topic, {})[subscriber] = handler


def list_topics() -> list[str]:
    """Return every topic that has a subscriber."""
    return sorted(_handlers)


def list_subscribers(topic: str) -> list[str]:
    """Return the names of those who are connected to a topic."""
    return sorted(_handlers.get(topic, ()))


def get_handler(topic: str, *, subscriber: str) -> Handler:
    """Return what delivers a message to a subscriber, or to a topic's only one. Raises KeyError."""
    handlers = _handlers.get(topic, {})
    if not subscriber and len(handlers) == 1:
        return next(iter(handlers.values()))
    if subscriber not in handlers:
        raise KeyError(f"nobody is connected to {topic} {subscriber}".rstrip())
    return handlers[subscriber]
