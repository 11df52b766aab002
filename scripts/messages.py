"""`make messages`: brings locale/ up to date with the sources and names the texts that need a translation."""

import argparse

from scripts import commands, console, paths, signals
from scripts.environment import Needs, hold_servers, hold_setup, prepare


def main() -> int:
    """Run `make messages`."""
    argparse.ArgumentParser(prog="make messages", description=__doc__).parse_args()
    signals.raise_on_signals()
    with hold_servers(user="make messages") as pair, hold_setup():
        environment = prepare(pair, Needs())
    status = commands.run_shown([paths.VENV_PYTHON, "-m", "scripts.catalogues", "update"], env=environment)
    console.say("these need a translation in locale/" if status else "every text is translated")
    return status


if __name__ == "__main__":
    console.run_main(main)
