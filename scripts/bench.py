"""`make bench`: measures checkout throughput. BENCH_ARGS are options of `manage.py benchmark_checkout`.

The report is written to .local/benchmark.html unless BENCH_ARGS say otherwise.
"""

import argparse
import os
import shlex
from pathlib import Path

from scripts import console, paths
from scripts.console import say
from scripts.manage import run_command

REPORT = paths.LOCAL / "benchmark.html"
_HTML = "--html"


def main() -> int:
    """Run `make bench`."""
    argparse.ArgumentParser(prog="make bench", description=__doc__).parse_args()
    arguments, report = choose_report(shlex.split(os.environ.get("BENCH_ARGS", "")))
    # One of before must not pass for the one of now.
    report.unlink(missing_ok=True)
    status = run_command("benchmark_checkout", arguments)
    if report.is_file():
        say(f"the report with plots is {report}")
    return status


def choose_report(arguments: list[str]) -> tuple[list[str], Path]:
    """Return the arguments with a place for the report among them, and that place."""
    for position, argument in enumerate(arguments):
        if argument == _HTML and position + 1 < len(arguments):
            return arguments, Path(arguments[position + 1])
        if argument.startswith(f"{_HTML}="):
            return arguments, Path(argument.removeprefix(f"{_HTML}="))
    return [*arguments, _HTML, str(REPORT)], REPORT


if __name__ == "__main__":
    console.run_main(main)
