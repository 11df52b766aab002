"""Settings for tests: the same database engine, nothing that changes what the shop means."""

import os

os.environ.setdefault("SECRET_KEY", "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789")
os.environ.setdefault("SANDBOX_SECRET", "only-for-tests")
os.environ.setdefault("SECURE_COOKIES", "false")

from config.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# One process of tests stands for many of a shop: its racers are to meet in the database.
STOCK_LINE_AT_WORK = STOCK_LINE_WAITING = 1000
# All tests come from one address, and would use up its log-ins of a minute; those about limits set them.
ACCOUNT_RATE_LIMITS = False
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    **STORAGES,  # noqa: F405
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
