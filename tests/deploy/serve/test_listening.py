"""The socket of the server is there at once, or it is said why it cannot be."""

from __future__ import annotations

import socket
import time

import pytest

from automl.deploy.serve.listening import address_of, listen
from automl.deploy.serve.settings import Settings
from automl.errors import MachineError


def test_its_address_can_be_asked():
    """Port 0 is whichever is free; an address of IPv6 stands in brackets."""
    for host, shown in (("127.0.0.1", "127.0.0.1"), ("::1", "[::1]")):
        with listen(Settings(host=host, port=0)) as listening:
            assert address_of(listening) == f"http://{shown}:{listening.getsockname()[1]}"


def test_the_socket_does_not_wait():
    """V09: the listening socket has TCP_NODELAY, which every connection inherits."""
    with listen(Settings(port=0)) as listening:
        assert listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        with socket.create_connection(listening.getsockname()):
            time.sleep(0.05)
            line, _ = listening.accept()
            with line:
                assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_an_address_that_is_taken():
    """A port that somebody listens on is told as the machine's refusal."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = Settings(port=taken.getsockname()[1])
        with pytest.raises(MachineError, match="cannot listen"), listen(settings):
            pass
