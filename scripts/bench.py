"""`make bench`: measures checkout throughput. BENCH_ARGS are options of `manage.py benchmark_checkout`."""

import argparse
import os
import shlex

from scripts import console
from scripts.manage import run_command


def main() -> int:
    """Run `make bench`."""
    argparse.ArgumentParser(prog="make bench", description=__doc__).parse_args()
    return run_command("benchmark_checkout", shlex.split(os.environ.get("BENCH_ARGS", "")))


if __name__ == "__main__":
    console.run_main(main)
