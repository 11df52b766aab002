"""Loyalty points: a balance for each customer, and the ledger that explains it (docs/points.md)."""
