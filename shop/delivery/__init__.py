"""Shipping: zones, the methods of each, and prices by weight."""
