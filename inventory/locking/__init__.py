"""Locking strategies: how concurrent buyers of one stock item are kept apart.

A strategy is one file here, registered in `registry` under the name that `StockItem.locking_strategy` stores.
"""
