"""The shop's own settings, and one address more: a view that does nothing, to compare with."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "config.benchmark.urls"
