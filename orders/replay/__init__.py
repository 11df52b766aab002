"""Replaying an order log: every invoice a real order, all at once, and the books checked afterwards."""
