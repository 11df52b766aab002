"""Replaying an order log: every invoice placed again as a real order, all at once, and the books checked afterwards."""
