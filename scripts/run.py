"""`make run`: starts the shop (web, workers, beat) with demo data on loopback; Ctrl-C stops everything.

PORT (8000) moves it; without PORT the next free port is taken when 8000 is in use. PORT=0: any free port.
"""

import argparse
import contextlib
import http.client
import os
import shutil
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

from scripts import console, paths, ports, signals, site
from scripts.environment import SETUP_LOCK, Needs, hold_servers, hold_setup, prepare
from scripts.keeper import ServerKeeper
from scripts.locks import hold_slot
from scripts.servers.pair import ServerPair
from scripts.supervisor import Program, Supervisor

DEFAULT_PORT = 8000
MAX_RUNS = 50
READY_SECONDS = 120.0
ANSWER_SECONDS = 3.0
SERVER_ERROR = 500


def main() -> int:
    """Run `make run`."""
    argparse.ArgumentParser(
        prog="make run", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    signals.raise_on_signals()
    claim_port().close()  # a taken port is told before minutes of set-up, not after
    try:
        with hold_servers(user="make run") as pair:
            with hold_setup():
                environment = {**demo_defaults(), **prepare(pair, Needs())}
                site.migrate(environment)
                site.collect_static(environment)
                has_demo = site.load_demo(environment)
            serve(environment, pair, has_demo=has_demo)
    except console.Cancelled:
        console.say("stopped")
    return 0


def demo_defaults() -> dict[str, str]:
    """Return what plain HTTP on loopback needs, and points to be seen; the real environment wins."""
    return {
        "SECURE_COOKIES": "false",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "GUNICORN_LOG_LEVEL": "warning",
        "POINTS_PER_UNIT": "1",
        "POINT_VALUE": "5",
    }


def claim_port() -> socket.socket:
    """Return a socket listening on the port to use. Raises `StepFailed` if PORT names one that is taken."""
    wish = os.environ.get("PORT", "")
    if not wish:
        return ports.listen_from(DEFAULT_PORT)
    if not wish.isdigit() or int(wish) > 65535:
        raise console.StepFailed(f"PORT must be a number up to 65535, not {wish!r}")
    try:
        return ports.listen_on(int(wish))
    except OSError as error:
        raise console.StepFailed(
            f"port {wish} cannot be used ({error.strerror}). Choose another: make run PORT={int(wish) + 1}"
        ) from error


def serve(environment: Mapping[str, str], pair: ServerPair, *, has_demo: bool) -> None:
    """Run web, workers and beat until this process is cancelled."""
    with claim_port() as listener, make_scratch() as scratch:
        port = listener.getsockname()[1]
        url = f"http://{ports.LOOPBACK}:{port}"
        if port != DEFAULT_PORT and not os.environ.get("PORT"):
            console.say(f"port {DEFAULT_PORT} is taken; using {port}")
        settings = {
            "SITE_URL": url,
            "PROMETHEUS_MULTIPROC_DIR": str(scratch / "metrics"),
            **environment,
            "PORT": str(port),
        }
        keeper = ServerKeeper(pair.list_private(os.environ), leases=pair.leases, setup_lock=SETUP_LOCK)
        with contextlib.closing(keeper):
            Supervisor(list_programs(listener, scratch), settings).run(
                is_ready=lambda: answers(port),
                ready_seconds=READY_SECONDS,
                announce=lambda: announce(url, has_demo=has_demo),
                look_around=keeper.look_after,
            )


@contextlib.contextmanager
def make_scratch() -> Iterator[Path]:
    """Make an empty folder for this run alone, in place of what a killed run left there."""
    taken = hold_slot(paths.LOCAL / "run-slots", count=MAX_RUNS)
    if taken is None:
        raise console.StepFailed(f"{MAX_RUNS} shops are running from this checkout already; stop one")
    number, held = taken
    folder = paths.LOCAL / f"run-{number}"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "metrics").mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        held.close()


def list_programs(listener: socket.socket, scratch: Path) -> list[Program]:
    """Return the programs. The web server inherits the socket, so no port is lost to a race."""
    descriptor = listener.fileno()
    # On loopback, for a demo, being root is nobody's mistake.
    quiet = ["-W", "ignore:You're running the worker with superuser privileges"]
    celery = [str(paths.VENV_PYTHON), *quiet, "-m", "celery", "--quiet", "-A", "config.celery"]
    worker = [*celery, "worker", "--loglevel", "WARNING"]
    return [
        Program(
            "web",
            [
                *(
                    str(paths.VENV_PYTHON),
                    "-m",
                    "gunicorn",
                    "-c",
                    "config/gunicorn.py",
                    "--no-control-socket",
                ),
                *("--bind", f"fd://{descriptor}", "config.wsgi"),
            ],
            descriptors=[descriptor],
        ),
        Program("worker", [*worker, "--queues", "celery", "--concurrency", "2"]),
        # A thread, not a forked process: one process less to keep in memory.
        Program(
            "sweep",
            [
                *(*worker, "--hostname", "sweep@%h", "--queues", "sweep"),
                *("--pool", "threads", "--concurrency", "1"),
            ],
        ),
        Program(
            "beat",
            [*celery, "beat", "--schedule", str(scratch / "beat"), "--pidfile", "", "--loglevel", "WARNING"],
        ),
    ]


def answers(port: int) -> bool:
    """Say whether the shop answers on /healthz, were it to say that this host name is not its own."""
    connection = http.client.HTTPConnection(ports.LOOPBACK, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def announce(url: str, *, has_demo: bool) -> None:
    """Print where the shop is and how to log in."""
    lines = ["", f"  Holdfast is running:  {url}/", f"  Staff:                {url}/admin/", ""]
    if has_demo:
        lines += [
            "  Customer log-in:      demo@example.com    demo-holdfast",
            "  Staff log-in:         admin@example.com   admin-holdfast",
            "",
        ]
    else:
        lines += [
            "  No demo log-ins here. To make a staff log-in of your own, in a second terminal:",
            "      .venv/bin/python manage.py createsuperuser",
            "",
        ]
    console.show("\n".join([*lines, "  Ctrl-C stops everything.", ""]))


if __name__ == "__main__":
    console.run_main(main)
