"""A small shop and everybody who acts on it, and the sums that must come out whatever they do.

world       what customers, staff, providers and the clock do      accounts    where every cent is
"""
