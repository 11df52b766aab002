"""`make test`: runs the tests on a database and a Redis of their own. PYTEST_ARGS narrows them.

Without `-n` in PYTEST_ARGS two processes run them; `--pdb` and `--trace` switch that off.
"""

import argparse
import hashlib
import os
import shlex
import socket

from scripts import commands, console, paths, processes, signals
from scripts.environment import Needs, hold_servers, hold_setup, prepare
from scripts.locks import hold_slot
from scripts.servers.pair import ServerPair
from scripts.servers.redis import DATABASES

IN_ONE_PROCESS = ("--pdb", "--trace", "--collect-only", "--co")
PYTEST_NOTHING_RUN = 5


def main() -> int:
    """Run `make test`."""
    argparse.ArgumentParser(prog="make test", description=__doc__).parse_args()
    signals.raise_on_signals()
    with hold_servers(user="make test") as pair:
        with hold_setup():
            environment = prepare(pair, Needs(dev=True, browser=True))
        arguments = make_arguments(os.environ.get("PYTEST_ARGS", ""))
        return run_apart(pair, environment, ["pytest", *arguments])


def run_apart(pair: ServerPair, environment: dict[str, str], module: list[str]) -> int:
    """Run a module beside any other run and return its status; no database, key or process of it stays."""
    taken = hold_slot(paths.LOCAL / "test-slots", count=DATABASES - 1)
    if taken is None:
        raise console.StepFailed(f"{DATABASES - 1} test runs are under way already; wait for one to end")
    number, _slot = taken
    name = environment.setdefault("TEST_DATABASE_NAME", name_database(number))
    private_redis = "REDIS_URL" in pair.list_missing(os.environ)
    if private_redis:
        environment["REDIS_URL"] = environment["REDIS_URL"].rpartition("/")[0] + f"/{number}"
        pair.redis.empty_database(number)
    processes.adopt_orphans()
    try:
        return commands.run_shown([paths.VENV_PYTHON, "-m", *module], env=environment)
    finally:
        signals.ignore_signals()
        leftover = processes.end_descendants(seconds=5)
        if leftover:
            console.say(f"ended {len(leftover)} processes the tests had left behind")
        if "--reuse-db" not in module:
            drop_databases(name, environment)
        if private_redis:
            pair.redis.empty_database(number)


def name_database(number: int) -> str:
    """Return a database name no other run uses, also not one from another checkout on the same server."""
    checkout = hashlib.sha256(f"{socket.gethostname()}:{paths.ROOT}".encode()).hexdigest()[:8]
    return f"test_holdfast_{checkout}_{number}"


def make_arguments(wish: str) -> list[str]:
    """Return pytest's arguments: two processes unless the wish says how many or needs just one."""
    arguments = shlex.split(wish)
    decided = any(part.startswith(("-n", "--numprocesses")) or part in IN_ONE_PROCESS for part in arguments)
    return arguments if decided else ["-n", "2", *arguments]


def drop_databases(name: str, environment: dict[str, str]) -> None:
    """Drop what a test run that was killed had no time to drop."""
    try:
        commands.run_logged(
            [paths.VENV_PYTHON, "-m", "scripts.drop_databases", name],
            log="drop-databases.log",
            failure=f"the test database {name} could not be dropped",
            env=environment,
        )
    except console.StepFailed as failure:
        console.say(str(failure))


if __name__ == "__main__":
    console.run_main(main)
