"""Continuous integration: `make check`, `make test`, and the tests of races and money again on a real MySQL.

../shared/bin/mysql9 starts that MySQL, where it exists; it is stopped again if it was not running.
Every stage runs even if an earlier one failed; the exit status is 1 if any did.
"""

import argparse
import contextlib
import os
import subprocess
import time
from collections.abc import Iterator, Mapping

from scripts import commands, console, paths, signals
from scripts.servers.mariadb import greets

MYSQL = paths.ROOT.parent / "shared" / "bin" / "mysql9"
MYSQL_PORT = 13309
# What other servers may answer differently: locks, errors by number, refused writes.
ON_MYSQL = (
    "tests/concurrency",
    "tests/inventory/test_rows.py",
    "tests/orders/points",
    *(f"tests/orders/test_{name}.py" for name in ("constraints", "outbox", "states")),
    *(
        f"tests/payments/test_{name}.py"
        for name in ("inbox", "keys", "late_money", "partial_refunds", "refunds")
    ),
)
MINUTE = 60.0


def main() -> int:
    """Run every stage."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    signals.raise_on_signals()
    results = {
        "make check": run_stage("make check", "check", minutes=12),
        "make test": run_stage("make test", "test", minutes=45),
    }
    if MYSQL.exists() and (paths.ROOT / "tests" / "concurrency").is_dir():
        with start_mysql() as url:
            wish = {"DATABASE_URL": url, "PYTEST_ARGS": " ".join(ON_MYSQL)}
            name = "races and money on MySQL"
            results[name] = run_stage(name, "test", minutes=25, extra=wish)
    else:
        console.say("races and money on MySQL: left out, there is no real MySQL beside this checkout")
    for name, passed in results.items():
        console.say(f"{name}: {'ok' if passed else 'FAILED'}")
    return 0 if all(results.values()) else 1


def run_stage(name: str, target: str, *, minutes: int, extra: Mapping[str, str] | None = None) -> bool:
    """Run one make target within its time; say whether it passed."""
    console.say(f"=== {name}")
    began = time.monotonic()
    try:
        status = commands.run_shown(
            ["make", target], env={**os.environ, **(extra or {})}, seconds=minutes * MINUTE
        )
    except console.StepFailed as failure:
        console.say(str(failure))
        return False
    console.say(f"=== {name}: exit status {status} after {(time.monotonic() - began) / MINUTE:.1f} min")
    return status == 0


@contextlib.contextmanager
def start_mysql() -> Iterator[str]:
    """Run the second database server for the length of the block; yield its URL."""
    was_running = greets(MYSQL_PORT)
    try:
        started = subprocess.run([MYSQL, "start"], stdout=subprocess.PIPE, text=True, check=False)
        if started.returncode != 0:
            raise console.StepFailed(f"{MYSQL.name} start failed with exit status {started.returncode}")
        yield started.stdout.split()[-1]
    finally:
        if not was_running:
            subprocess.run([MYSQL, "stop"], check=False)


if __name__ == "__main__":
    console.run_main(main)
