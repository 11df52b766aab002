"""How fast the inbox and the outbox empty, with a past in their tables.

measure     the measurement, first to last        filling     the past, and what waits
"""
