"""Where in the world a parcel goes, as far as shipping and taxes depend on it."""
