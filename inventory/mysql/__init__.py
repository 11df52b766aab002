"""Django's MySQL engine, beginning transactions in one round trip: `inventory.mysql` in DATABASES."""
