"""Statements of the bank account: money that came by transfer, matched to the payments that wait for it."""
