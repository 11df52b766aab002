"""Gunicorn's configuration: `gunicorn -c config/gunicorn.py config.wsgi`; its options win over this file."""

import os
from pathlib import Path

from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker
from prometheus_client import multiprocess

from config.gunicorn_parts import Share

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# Requests wait for the database, not for the processor; mysqlclient gives the GIL up meanwhile.
worker_class = "config.gunicorn_worker.ImpatientWorker"
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 60
graceful_timeout = 10
loglevel = os.environ.get("GUNICORN_LOG_LEVEL", "info")
# A worker's heartbeat file on a slow disk can look like a hung worker.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - gunicorn makes the file itself
# Otherwise gunicorn opens a control socket in the home directory of whoever runs it.
control_socket_disable = True


def on_starting(_server: Arbiter) -> None:
    """Make the folder in which the processes add up their metrics. It must be empty when the shop starts."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)


def child_exit(_server: Arbiter, worker: Worker) -> None:
    """Take a dead worker out of what counts the living."""
    Share.forget(worker.age)
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
