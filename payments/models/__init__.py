"""Payments, refunds, the inbox of gateway events, and the sandbox provider's own records."""

from payments.models.events import EventOutcome, GatewayEvent
from payments.models.findings import FindingKind, ReconciliationFinding
from payments.models.payments import OrderRefund, Payment, PaymentStatus, Refund, RefundStatus
from payments.models.sandbox import SandboxCallback, SandboxCharge

__all__ = [
    "EventOutcome",
    "FindingKind",
    "GatewayEvent",
    "OrderRefund",
    "Payment",
    "PaymentStatus",
    "ReconciliationFinding",
    "Refund",
    "RefundStatus",
    "SandboxCallback",
    "SandboxCharge",
]
