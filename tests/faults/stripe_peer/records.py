"""The provider's own records: sessions, intents and refunds, and the events that tell of them."""

import itertools
import json
import time
import uuid
from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """An answer with a 4xx status."""

    def __init__(self, status: int, code: str, message: str = "") -> None:
        super().__init__(code)
        self.status = status
        self.body = {
            "error": {"type": "invalid_request_error", "code": code, "message": message or f"No: {code}"}
        }


class Records:
    """What Stripe would have on record for one account. Amounts are Stripe's minor units."""

    def __init__(self) -> None:
        self.sessions: dict[str, dict[str, Any]] = {}
        self.intents: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.events: list[str] = []
        self._numbers = itertools.count(1)

    def open_session(self, params: Mapping[str, Any], *, page: str) -> dict[str, Any]:
        """Open a session as the shop asks for it."""
        price = params["line_items"]["0"]["price_data"]
        expires_at = int(params.get("expires_at", time.time() + 86400))
        if not 1800 <= expires_at - time.time() <= 86400:
            raise ApiError(400, "parameter_invalid_integer", "expires_at is out of bounds")
        id_ = self._name("cs_test")
        self.sessions[id_] = {
            "id": id_,
            "object": "checkout.session",
            "status": "open",
            "payment_status": "unpaid",
            "payment_intent": None,
            "amount_total": int(price["unit_amount"]),
            "currency": price["currency"],
            "client_reference_id": params["client_reference_id"],
            "metadata": dict(params["metadata"]),
            "intent_metadata": dict(params["payment_intent_data"]["metadata"]),
            "success_url": params["success_url"],
            "created": int(time.time()),
            "expires_at": expires_at,
            "url": f"{page}/{id_}",
        }
        return self.sessions[id_]

    def expire_session(self, id_: str) -> dict[str, Any]:
        """Close a session that is open."""
        session = self.find(self.sessions, id_)
        if session["status"] != "open":
            raise ApiError(400, "resource_not_open")
        session["status"] = "expired"
        session["url"] = None
        self.tell("checkout.session.expired", session)
        return session

    def act(self, id_: str, intent_status: str, *, amount: int | None = None, currency: str = "") -> str:
        """Have a customer get this far with a session; return the intent's id. Tells nobody."""
        session = self.sessions[id_]
        if amount is not None:
            session["amount_total"] = amount
        session["currency"] = currency or session["currency"]
        intent_id = session["payment_intent"] or self._name("pi")
        received = session["amount_total"] if intent_status == "succeeded" else 0
        charge = {"id": f"ch_{intent_id[3:]}", "object": "charge", "amount_refunded": 0}
        self.intents[intent_id] = {
            "id": intent_id,
            "object": "payment_intent",
            "status": intent_status,
            "amount": session["amount_total"],
            "amount_received": received,
            "currency": session["currency"],
            "metadata": session["intent_metadata"],
            "latest_charge": charge if received else None,
        }
        session["payment_intent"] = intent_id
        if intent_status in ("succeeded", "processing"):
            session["status"], session["url"] = "complete", None
        session["payment_status"] = "paid" if received else "unpaid"
        return intent_id

    def refund(self, intent_id: str, amount: int, metadata: Mapping[str, str]) -> dict[str, Any]:
        """Send money back, up to what came in."""
        intent = self.find(self.intents, intent_id)
        charge = intent["latest_charge"]
        if charge is None or charge["amount_refunded"] + amount > intent["amount_received"]:
            raise ApiError(400, "charge_already_refunded")
        charge["amount_refunded"] += amount
        id_ = self._name("re")
        self.refunds[id_] = {
            "id": id_,
            "object": "refund",
            "status": "succeeded",
            "amount": amount,
            "currency": intent["currency"],
            "payment_intent": intent_id,
            "metadata": dict(metadata),
        }
        return self.refunds[id_]

    def fail_refund(self, id_: str) -> None:
        """Have the customer's bank send a refund back to the account."""
        refund = self.refunds[id_]
        refund["status"] = "failed"
        self.intents[refund["payment_intent"]]["latest_charge"]["amount_refunded"] -= refund["amount"]
        self.tell("refund.failed", refund)

    def tell(self, kind: str, record: Mapping[str, Any]) -> str:
        """Write an event about a record as it is now; it is delivered when a test says so."""
        event = {
            "id": f"evt_{uuid.uuid4().hex}",
            "object": "event",
            "type": kind,
            "created": int(time.time()),
            "data": {"object": {key: value for key, value in record.items() if key != "intent_metadata"}},
        }
        self.events.append(json.dumps(event))
        return self.events[-1]

    def expand(self, session: Mapping[str, Any]) -> dict[str, Any]:
        """Return a session with its intent and charge in full."""
        intent = self.intents.get(session["payment_intent"] or "")
        return {**session, "payment_intent": intent}

    @staticmethod
    def find(records: Mapping[str, dict[str, Any]], id_: str) -> dict[str, Any]:
        """Return a record or raise a 404."""
        if id_ not in records:
            raise ApiError(404, "resource_missing")
        return records[id_]

    def _name(self, prefix: str) -> str:
        return f"{prefix}_{next(self._numbers):04d}{uuid.uuid4().hex[:20]}"
