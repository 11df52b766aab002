"""`make doctor`: says what is wrong with this installation as it is; starts no server, changes nothing."""

import argparse
import os
import shlex

from scripts import commands, console, paths, signals, venv


def main() -> int:
    """Run `make doctor`."""
    argparse.ArgumentParser(prog="make doctor", description=__doc__).parse_args()
    signals.raise_on_signals()
    if not venv.is_current(dev=False):
        raise console.StepFailed(
            "the virtual environment .venv is missing or out of date; `make setup` makes it"
        )
    arguments = shlex.split(os.environ.get("DOCTOR_ARGS", ""))
    return commands.run_shown([paths.VENV_PYTHON, paths.MANAGE, "doctor", *arguments], env=os.environ)


if __name__ == "__main__":
    console.run_main(main)
