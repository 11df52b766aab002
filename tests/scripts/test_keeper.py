"""Private servers that die are started again, once, and end with their last user."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import processes
from scripts.keeper import ServerKeeper
from scripts.servers.base import PrivateServer, find_program
from scripts.servers.pair import ServerPair
from tests.scripts.programs import read_until, start_python

pytestmark = pytest.mark.skipif(
    not (find_program("mariadbd", "mysqld") and find_program("redis-server", "valkey-server")),
    reason="no database and Redis server installed here",
)

# What `make run` does with the servers, beside one program that only waits.
RUN = """
import os, sys
from pathlib import Path
from scripts import console, signals
from scripts.keeper import ServerKeeper
from scripts.servers.pair import ServerPair
from scripts.supervisor import Program, Supervisor

def main():
    signals.raise_on_signals()
    local = Path(sys.argv[1])
    pair = ServerPair(local)
    with pair.hold(user="make run"):
        environment = {"DATABASE_URL": sys.argv[2]}
        pair.start(environment)
        keeper = ServerKeeper(pair.list_private(environment), leases=pair.leases, setup_lock=local / "lock")
        Supervisor([Program("p", [sys.executable, "-c", "import signal; signal.pause()"])], os.environ).run(
            is_ready=lambda: True, ready_seconds=5, announce=lambda: console.show("ready"),
            look_around=keeper.look_after)

console.run_main(main)
"""


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[ServerPair]:
    pair = ServerPair(tmp_path)
    yield pair
    pair.stop()


def kill(server: PrivateServer) -> int:
    """Kill a server and return the pid it had."""
    pid = server.find_pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert processes.wait_until(lambda: server.find_pid() != pid, seconds=10)
    return pid


def comes_back(server: PrivateServer) -> bool:
    return processes.wait_until(server.answers_as_remembered, seconds=60)


def test_a_database_and_a_redis_that_are_killed_come_back_and_stop_with_the_run(
    pair: ServerPair, tmp_path: Path
) -> None:
    with start_python(RUN, tmp_path, "") as run:
        read_until(run, "ready")
        for server in (pair.redis, pair.mariadb):
            dead = kill(server)

            read_until(run, f"{server.title} is gone; starting it again")
            read_until(run, f"{server.title} runs again")
            assert server.find_pid() != dead

        run.send_signal(signal.SIGINT)
        run.communicate(timeout=60)

    assert pair.redis.find_pid() is None
    assert pair.mariadb.find_pid() is None


def test_a_server_one_run_restarted_goes_on_for_the_other_run(pair: ServerPair, tmp_path: Path) -> None:
    """It must not be the child of the run that restarted it, or it would end with that run."""
    with start_python(RUN, tmp_path, "mysql://elsewhere") as first:
        read_until(first, "ready")
        kill(pair.redis)
        read_until(first, "Redis runs again")
        restarted = pair.redis.find_pid()
        with start_python(RUN, tmp_path, "mysql://elsewhere") as second:
            read_until(second, "ready")

            first.send_signal(signal.SIGTERM)
            first.communicate(timeout=60)

            assert pair.redis.find_pid() == restarted
            assert comes_back(pair.redis)
            second.send_signal(signal.SIGTERM)
            second.communicate(timeout=60)
    assert pair.redis.find_pid() is None


def test_two_runs_start_a_dead_server_once(
    pair: ServerPair, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair.redis.start()
    kill(pair.redis)
    keepers = [ServerKeeper([pair.redis], leases=pair.leases, setup_lock=tmp_path / "lock") for _ in range(2)]

    for keeper in keepers:
        keeper.look_after()

    assert comes_back(pair.redis)
    for keeper in keepers:
        keeper.close()
    assert capsys.readouterr().err.count("starting it again") == 1


def test_a_server_the_environment_names_is_left_alone(pair: ServerPair) -> None:
    assert pair.list_private({"DATABASE_URL": "mysql://elsewhere"}) == [pair.redis]
    assert pair.list_private({"DATABASE_URL": "mysql://elsewhere", "REDIS_URL": "redis://elsewhere"}) == []


def test_servers_stopped_by_force_stay_stopped_until_somebody_comes(pair: ServerPair, tmp_path: Path) -> None:
    with start_python(RUN, tmp_path, "mysql://elsewhere") as run:
        read_until(run, "ready")
        pair.leases.release_servers(stop=pair.redis.stop, force=True)
        keeper = ServerKeeper([pair.redis], leases=pair.leases, setup_lock=tmp_path / "lock")

        keeper.look_after()

        assert pair.leases.are_halted()
        assert pair.redis.find_pid() is None
        keeper.close()
        with pair.leases.hold(user="make test", stop=lambda: None):
            assert not pair.leases.are_halted()
