"""Starts localstripe on a free loopback port and prints it.

Its own command would listen on every interface and keep its state in the system's temporary folder.
"""

import socket

from aiohttp import web
from localstripe import resources, server

if __name__ == "__main__":
    resources.store.dump_to_disk = lambda: None
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    # Before its port is told: whoever asks at once waits in the backlog and is not refused.
    listening.listen()
    print(listening.getsockname()[1], flush=True)  # noqa: T201
    web.run_app(server.app, sock=listening, print=None)
