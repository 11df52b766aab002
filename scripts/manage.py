"""Runs one management command with all set-up done: `python3 -m scripts.manage check_books --json`."""

import argparse

from scripts import commands, console, paths, signals, site
from scripts.environment import Needs, hold_servers, hold_setup, prepare


def main() -> int:
    """Run a management command and return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", help="see `manage.py help`")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    return run_command(given.command, given.arguments)


def run_command(command: str, arguments: list[str]) -> int:
    """Set everything up, migrate, and run a management command on this terminal."""
    signals.raise_on_signals()
    with hold_servers(user=f"manage.py {command}") as pair:
        with hold_setup():
            environment = prepare(pair, Needs())
            site.migrate(environment)
        return commands.run_shown([paths.VENV_PYTHON, paths.MANAGE, command, *arguments], env=environment)


if __name__ == "__main__":
    console.run_main(main)
