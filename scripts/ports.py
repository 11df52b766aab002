"""Loopback ports."""

import errno
import random
import socket

LOOPBACK = "127.0.0.1"
PRIVATE_PORTS = range(20000, 30000)  # below the range the kernel takes for outgoing connections


def is_port_free(port: int) -> bool:
    """Say whether a server could listen on this loopback port now."""
    try:
        listen_on(port).close()
    except OSError:
        return False
    return True


def listen_on(port: int) -> socket.socket:
    """Return a socket listening on this loopback port (0: any free one). Raises `OSError` if it is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen(1024)
    except OSError:
        listener.close()
        raise
    return listener


def listen_from(first: int) -> socket.socket:
    """Return a socket listening on the first free loopback port from `first` upwards."""
    for port in range(first, 65536):
        try:
            return listen_on(port)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
    raise OSError(errno.EADDRINUSE, f"no free port from {first} upwards")


def choose_port(remembered: int | None = None) -> int:
    """Return the remembered port if it is still free, else another free one for a private server."""
    if remembered is not None and is_port_free(remembered):
        return remembered
    return next(port for port in random.sample(PRIVATE_PORTS, len(PRIVATE_PORTS)) if is_port_free(port))
