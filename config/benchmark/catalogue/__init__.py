"""How long the lists of a large catalogue take, and its import.

`filling` writes an export of another shop, `measure` imports it and asks for pages, `benchmark_catalogue` is
the command.
"""
