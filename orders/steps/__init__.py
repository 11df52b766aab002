"""The steps after payment: what other systems must be told of a paid order, and taken back if one refuses.

Each step does something and can undo it, both under a key by which the other side recognises a repetition.
The outbox delivers each attempt; what became of a step is its row. See docs/after-payment.md.
"""
