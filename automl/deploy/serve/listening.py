"""The socket that the parent holds and the workers take connections from."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from automl.deploy.serve.settings import Settings
from automl.errors import MachineError

BACKLOG = 1024  # connections that wait to be taken


@contextmanager
def listen(settings: Settings) -> Iterator[socket.socket]:
    """A listening socket that answers without delay: what is small is not held back for more (V09)."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # connections inherit it
        listening.bind((settings.host, settings.port))
        listening.listen(BACKLOG)
        listening.setblocking(False)
        yield listening
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        hint = "Choose another --port, or stop what listens there."
        raise MachineError(f"cannot listen: {error.strerror or error}", where=where, hint=hint) from error
    finally:
        listening.close()


def address_of(listening: socket.socket) -> str:
    """Where it answers, as an URL."""
    host, port, *_ = listening.getsockname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
