"""Connections on a real socket: slow, large, idle, many, and fast."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from contextlib import contextmanager, suppress

import pytest
import uvicorn

from automl.deploy.serve.listening import listen
from automl.deploy.serve.protocol import guarded
from automl.deploy.serve.settings import Settings

QUICK = Settings(port=0, head=0.3, body=0.3, connections=5, max_head=4_000, max_body=100_000)


@contextmanager
def running(served):
    """The app on a socket, in a thread; gives the address."""
    with listen(served.settings) as listening:
        config = uvicorn.Config(
            served.app, http=guarded(served.settings), lifespan="off", ws="none", log_config=None, access_log=False
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
        thread.start()
        try:
            yield listening.getsockname()
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def address(serving, bundle):
    """A server with short patience."""
    with running(serving(bundle, QUICK)) as found:
        yield found


def talk(address, *parts, pause=0.0):
    """What the server says until it hangs up."""
    with socket.create_connection(address, timeout=10) as line:
        said = b""
        with suppress(ConnectionError):  # it may hang up while we talk
            for part in parts:
                line.sendall(part)
                time.sleep(pause)
        with suppress(ConnectionError):
            while more := line.recv(65_536):
                said += more
        return said


def get(path=b"/health/live", more=b""):
    """A request for a path that ends the connection."""
    return b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + more + b"\r\n"


def test_large_headers(address):
    """V01: headers beyond the limit are 431 and the end, also where they never end."""
    assert talk(address, get(more=b"A: b\r\n" * 100)).startswith(b"HTTP/1.1 200 ")
    endless = b"GET / HTTP/1.1\r\nHost: localhost\r\nA: " + b"x" * 5_000
    assert talk(address, endless).startswith(b"HTTP/1.1 431 ")


def test_slow_headers(address):
    """V01: who sends headers drop by drop gets 408 after the time for all of them; who sends nothing is cut off."""
    said = talk(address, *(bytes([byte]) for byte in b"GET / HTTP/1.1\r\nHost"), pause=0.03)
    assert said.startswith(b"HTTP/1.1 408 ")
    assert talk(address) == b""


def test_a_slow_second_request(address):
    """V01: on a connection that was answered once, the next headers have the same time."""
    first = get().replace(b"Connection: close\r\n", b"")
    said = talk(address, first, b"GET / HT", pause=0.1)
    assert said.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 408 " in said


def test_a_large_body(address):
    """V01: a body that says it is large is 413 at once; one that does not say it, when it has become so."""
    head = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    assert talk(address, head + b"Content-Length: 9999999999\r\n\r\n").startswith(b"HTTP/1.1 413 ")
    chunk = b"2710\r\n" + b" " * 10_000 + b"\r\n"
    assert talk(address, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 11).startswith(b"HTTP/1.1 413 ")


def test_too_many_connections(address):
    """V01: beyond the most connections there is 503 with Retry-After; when they are gone, there is room."""
    held = [socket.create_connection(address) for _ in range(5)]
    time.sleep(0.1)
    said = talk(address)
    assert said.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 1" in said
    for line in held:
        line.close()
    time.sleep(0.2)
    assert talk(address, get()).startswith(b"HTTP/1.1 200 ")


def test_no_http(address):
    """V02: what is no HTTP is 400."""
    assert talk(address, b"\x16\x03\x01 hello\r\n\r\n").startswith(b"HTTP/1.1 400 ")
