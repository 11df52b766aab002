"""`make guards`: takes each guard out and sees its tests fail. GUARDS_ARGS are words of their names."""

import argparse
import os
import shlex

from scripts import console, signals
from scripts.environment import Needs, hold_servers, hold_setup, prepare
from scripts.test import run_apart


def main() -> int:
    """Run `make guards`."""
    argparse.ArgumentParser(prog="make guards", description=__doc__).parse_args()
    signals.raise_on_signals()
    with hold_servers(user="make guards") as pair:
        with hold_setup():
            environment = prepare(pair, Needs(dev=True))
        return run_apart(pair, environment, ["tests.guards", *shlex.split(os.environ.get("GUARDS_ARGS", ""))])


if __name__ == "__main__":
    console.run_main(main)
