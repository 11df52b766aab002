"""The private servers, started for real in a folder of their own."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import MySQLdb
import pytest

from scripts import ports, processes, state
from scripts.servers.base import find_program
from scripts.servers.mariadb import MariaDB, choose_buffer_pool, read_memory
from scripts.servers.redis import Redis, ask

pytestmark = pytest.mark.skipif(
    not (find_program("mariadbd", "mysqld") and find_program("redis-server", "valkey-server")),
    reason="no database and Redis server installed here",
)


@pytest.fixture(scope="module")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    logs = tmp_path_factory.mktemp("checkout with a space")
    server = MariaDB(logs / "mariadb")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    server = Redis(tmp_path / "redis")
    server.start()
    yield server
    server.stop()


def connect(server: MariaDB) -> MySQLdb.Connection:
    endpoint = state.read_endpoint(server.home / "endpoint.json")
    assert endpoint is not None
    return MySQLdb.connect(
        host="127.0.0.1", port=endpoint.port, user="holdfast", password=endpoint.password, database="shop"
    )


def read_one(server: MariaDB, query: str) -> tuple[object, ...]:
    connection = connect(server)
    with connection.cursor() as cursor:
        cursor.execute(query)
        row: tuple[object, ...] = cursor.fetchone()
    connection.close()
    return row


def test_starting_twice_gives_the_same_server(mariadb: MariaDB) -> None:
    pid = mariadb.find_pid()

    assert mariadb.start() == mariadb.start()
    assert mariadb.find_pid() == pid


def test_the_database_is_durable_private_and_has_room(mariadb: MariaDB) -> None:
    query = (
        "SELECT @@innodb_flush_log_at_trx_commit, @@bind_address, @@max_connections, @@character_set_database"
    )

    assert read_one(mariadb, query) == (1, "127.0.0.1", 500, "utf8mb4")


def test_the_database_keeps_an_eighth_of_the_machines_memory_in_pages(mariadb: MariaDB) -> None:
    gigabyte = 1024**3
    assert choose_buffer_pool(0) == choose_buffer_pool(gigabyte // 2) == gigabyte // 8
    assert choose_buffer_pool(4 * gigabyte) == gigabyte // 2
    assert choose_buffer_pool(64 * gigabyte) == gigabyte
    assert read_one(mariadb, "SELECT @@innodb_buffer_pool_size") == (choose_buffer_pool(read_memory()),)


def test_a_killed_database_comes_back_with_what_was_committed(mariadb: MariaDB) -> None:
    connection = connect(mariadb)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept (id INT PRIMARY KEY)")
        cursor.execute("INSERT INTO kept VALUES (7)")
    connection.commit()
    pid = mariadb.find_pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    (mariadb.home / "server.pid").write_text("1\n")  # what a machine that lost power may leave

    mariadb.start()

    assert read_one(mariadb, "SELECT id FROM kept") == (7,)


def test_a_port_that_was_taken_meanwhile_is_left_to_its_new_owner(mariadb: MariaDB) -> None:
    before = state.read_endpoint(mariadb.home / "endpoint.json")
    assert before is not None
    mariadb.stop()
    with ports.listen_on(before.port):
        mariadb.start()

    after = state.read_endpoint(mariadb.home / "endpoint.json")
    assert after is not None
    assert after.port != before.port
    assert read_one(mariadb, "SELECT 1") == (1,)


def test_lost_passwords_are_replaced(mariadb: MariaDB) -> None:
    (mariadb.home / "endpoint.json").unlink()

    mariadb.start()

    assert read_one(mariadb, "SELECT 1") == (1,)


def test_a_half_made_data_directory_is_thrown_away(mariadb: MariaDB) -> None:
    half_made = mariadb.home / "data.new-0"
    half_made.mkdir()
    mariadb.stop()

    mariadb.start()

    assert not half_made.exists()


def test_a_deep_checkout_gets_its_socket_elsewhere(tmp_path: Path) -> None:
    home = tmp_path / ("deep" * 25) / "mariadb"
    home.parent.mkdir()
    server = MariaDB(home)
    server.start()
    folder = Path((home / "socket-folder").read_text())
    try:
        assert (folder / "server.sock").is_socket()
    finally:
        server.stop()

    assert not folder.exists()


def test_redis_wants_its_password_and_keeps_nothing(redis: Redis) -> None:
    endpoint = state.read_endpoint(redis.home / "endpoint.json")
    assert endpoint is not None

    assert b"NOAUTH" in ask(state.Endpoint(endpoint.port, "wrong"), b"PING")
    assert ask(endpoint, b"SET a 1", b"CONFIG GET save").count(b"+OK") == 3
    redis.stop()

    assert list(redis.data.iterdir()) == []


def test_emptying_one_redis_number_leaves_the_others(redis: Redis) -> None:
    endpoint = state.read_endpoint(redis.home / "endpoint.json")
    assert endpoint is not None
    ask(endpoint, b"SET a 1", b"SELECT 3", b"SET a 1")

    redis.empty_database(3)

    assert b":1" in ask(endpoint, b"DBSIZE")
    assert b":0" in ask(endpoint, b"SELECT 3", b"DBSIZE")


def test_a_stopped_server_is_gone(redis: Redis) -> None:
    pid = redis.find_pid()
    assert pid is not None

    redis.stop()

    assert redis.find_pid() is None
    assert not processes.is_alive(pid)
