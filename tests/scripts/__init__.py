"""Tests of the set-up behind the Makefile."""
