"""The admission gate of flash sales, in Redis, in front of the truth in MySQL (docs/gate.md)."""
