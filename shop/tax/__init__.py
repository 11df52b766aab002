"""Taxes: classes of goods, and rates by place."""
