"""The private database and Redis of a checkout: on loopback, below `.local/`, with random passwords."""
