"""What can be put right without a person: news that was lost is told again, through the inbox."""

import dataclasses
import datetime as dt
import json
from typing import Final

from payments.gateways.base import ChargeStatus, EventContent, EventKind, GatewayCharge
from payments.inbox import record_event
from payments.models import FindingKind
from payments.reconciliation.comparing import Discrepancy
from payments.starting import adopt_session

_NEWS: Final = {
    ChargeStatus.SUCCEEDED: EventKind.SUCCEEDED,
    ChargeStatus.PROCESSING: EventKind.PROCESSING,
    ChargeStatus.ENDED: EventKind.CANCELLED,
}
_SAFE: Final = (FindingKind.PAYMENT_BEHIND, FindingKind.REFERENCE_NOT_SAVED)


def repair(gateway: str, discrepancy: Discrepancy, *, now: dt.datetime) -> bool:
    """Repair a discrepancy if that is safe; say whether something was done. Opens its own transactions."""
    payment, charge = discrepancy.payment, discrepancy.charge
    if discrepancy.kind not in _SAFE or payment is None or charge is None:
        return False
    if charge.status == ChargeStatus.OPEN:
        adopt_session(payment_id=payment.id, charge=charge, now=now)
    else:
        _tell(gateway, charge, now)
    return True


def _tell(gateway: str, charge: GatewayCharge, now: dt.datetime) -> None:
    record_event(
        gateway=gateway,
        # Once for each thing there is to tell of a charge, however many runs find it missing.
        event_id=f"list:{charge.reference}:{charge.status.value}",
        body=json.dumps({"from": "the gateway's list", **dataclasses.asdict(charge)}, default=str),
        content=EventContent(
            _NEWS[charge.status],
            charge.reference,
            charge.amount,
            charge.currency,
            payment_key=charge.payment_key,
            charge_reference=charge.charge_reference,
        ),
        now=now,
    )
