"""`make setup`: all set-up, private servers left running. Prints DATABASE_URL=... and REDIS_URL=... last."""

import argparse

from scripts import console, signals
from scripts.environment import Needs, hold_servers, hold_setup, prepare


def main() -> int:
    """Run `make setup`."""
    argparse.ArgumentParser(prog="make setup", description=__doc__).parse_args()
    signals.raise_on_signals()
    with hold_servers(user="make setup") as pair:
        with hold_setup():
            environment = prepare(pair, Needs())
            pair.leases.keep_servers()
        console.show(f"DATABASE_URL={environment['DATABASE_URL']}")
        console.show(f"REDIS_URL={environment['REDIS_URL']}")
    return 0


if __name__ == "__main__":
    console.run_main(main)
