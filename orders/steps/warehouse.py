"""The step that tells the warehouse to pack an order; there is one only if a warehouse is configured."""

from dataclasses import dataclass
from typing import Any, Protocol

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from orders.steps.carriers import describe
from orders.steps.peer import NOTHING_THERE, Peer
from orders.steps.registry import Step, StepTask
from orders.types import SHIPMENT_STEP, OrderView


class Warehouse(Protocol):
    """What the shop needs of a warehouse. Both calls may be repeated with the same key."""

    def pack(self, order: OrderView, *, shipment: dict[str, Any] | None, key: str) -> None:
        """Have an order packed for its shipment, once for each key.

        Raises StepRefused if it cannot be, PeerUnavailable to be asked again.
        """

    def stop(self, order: OrderView, *, key: str) -> None:
        """Have what was told under the key forgotten or unpacked, and pack nothing under it any more.

        Raises StepRefused if it is too late, PeerUnavailable to be asked again.
        """


@dataclass(frozen=True, slots=True)
class HttpWarehouse:
    """A warehouse that is told by HTTP (docs/after-payment.md)."""

    peer: Peer

    def pack(self, order: OrderView, *, shipment: dict[str, Any] | None, key: str) -> None:
        """See Warehouse."""
        self.peer.tell("/orders", key=key, body={"key": key, **describe(order), "shipment": shipment})

    def stop(self, order: OrderView, *, key: str) -> None:
        """See Warehouse."""
        body = {"key": key, "order": order.number}
        self.peer.tell("/orders/cancel", key=f"{key}:cancel", body=body, accept=NOTHING_THERE)


def get_warehouse() -> Warehouse:
    """Return the warehouse of the settings."""
    return HttpWarehouse(
        Peer(settings.WAREHOUSE_URL, settings.WAREHOUSE_SECRET, settings.STEP_TIMEOUT_SECONDS)
    )


def has_warehouse() -> bool:
    """Say whether the shop has one that can be told."""
    return bool(settings.WAREHOUSE_URL and settings.WAREHOUSE_SECRET)


def _tell(task: StepTask) -> None:
    shipment = task.results.get(SHIPMENT_STEP)
    get_warehouse().pack(task.order, shipment=dict(shipment) if shipment else None, key=task.key)


def _stop(task: StepTask) -> None:
    get_warehouse().stop(task.order, key=task.key)


WAREHOUSE = Step(
    "warehouse",
    do=_tell,
    undo=_stop,
    is_critical=True,
    is_on=has_warehouse,
    label=_("Tell the warehouse"),
)
