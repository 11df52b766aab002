"""Mail to customers about their orders: what is said, and that it is said once.

Outbox messages bring it about (`subscribers`), a letter says it in its order's language (`letters`), both as
text and as HTML (`rendering`), and a row remembers it (`sending`).
"""
