"""Telling those who asked that something is in stock again."""
