"""`make requirements`: pins requirements*.in, with hashes, in requirements*.txt; UPGRADE=1 renews them."""

import argparse
import os

from scripts import commands, console, paths, signals
from scripts.environment import hold_setup
from scripts.packages import ensure_packages
from scripts.venv import DEVELOPMENT, RUNTIME, ensure_venv

OPTIONS = ("--generate-hashes", "--python-version", "3.11", "--no-emit-index-url", "--no-emit-find-links")


def main() -> int:
    """Run `make requirements`."""
    argparse.ArgumentParser(prog="make requirements", description=__doc__).parse_args()
    signals.raise_on_signals()
    paths.make_local()
    with hold_setup():
        if not (paths.VENV / "bin" / "uv").exists():
            ensure_packages(database=False, redis=False, build=True, browser=False)
            ensure_venv(dev=True)
        upgrade = ["--upgrade"] if os.environ.get("UPGRADE") else []
        for target in (RUNTIME, DEVELOPMENT):
            console.say(f"compiling {target}")
            compile_requirements(target, upgrade)
    return 0


def compile_requirements(target: str, upgrade: list[str]) -> None:
    """Compile one .in file. Its header names the make target: a command may hold a machine's paths."""
    source = target.replace(".txt", ".in")
    uv = [str(paths.VENV / "bin" / "uv"), "pip", "compile", "--quiet"]
    commands.run_logged(
        [*uv, *OPTIONS, *upgrade, source, "-o", target],
        log="requirements.log",
        failure=f"{source} could not be compiled",
        env={**os.environ, "UV_CUSTOM_COMPILE_COMMAND": "make requirements"},
    )


if __name__ == "__main__":
    console.run_main(main)
