"""Connections on a real socket: slow, large, idle, many, and fast."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
import threading
import time
import weakref
from contextlib import ExitStack, contextmanager, suppress

import pytest
import uvicorn
from uvicorn.server import ServerState

from automl.deploy.serve.listening import listen
from automl.deploy.serve.protocol import PIPELINE, guarded
from automl.deploy.serve.settings import Settings

POST = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
QUICK = Settings(port=0, head=0.3, body=0.3, idle=0.5, connections=5, max_head=4_000, max_body=100_000)


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


async def _no_answer(scope, receive, send):
    await asyncio.Event().wait()


async def _until_it_ends(scope, receive, send):
    while (await receive())["type"] != "http.disconnect":
        pass


class Line:
    """A protocol with no socket: what is said to it is parsed at once, and nobody takes what it says."""

    def __init__(self, loop):
        self.loop, self.said, self.closing, self.aborted = loop, b"", False, asyncio.Event()
        config = uvicorn.Config(_no_answer, interface="asgi3", lifespan="off", ws="none", log_config=None)
        self.protocol = guarded(QUICK)(config, ServerState(), {}, loop)
        loop.run_until_complete(self._connect())

    async def _connect(self):
        self.protocol.connection_made(self)

    def say(self, data):
        """What a client sends."""

        async def feed():
            self.protocol.data_received(data)

        self.loop.run_until_complete(feed())

    def wait(self):
        """Let time pass until the connection is cut off."""

        async def pause():
            async with asyncio.timeout(10):
                return await self.aborted.wait()

        return self.loop.run_until_complete(pause())

    def write(self, data):
        self.said += data

    def close(self):
        self.closing = True

    def abort(self):
        self.aborted.set()

    def is_closing(self):
        return self.closing

    def get_extra_info(self, name, default=None):
        return default

    def pause_reading(self):
        pass

    resume_reading = pause_reading


@pytest.fixture
def line():
    """A connection on a loop of its own."""
    with asyncio.Runner() as runner:
        yield Line(runner.get_loop())


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
    """V01: where every connection has a request under way, one more is 503 with Retry-After; later there is room."""
    with ExitStack() as held:
        for _ in range(5):
            held.enter_context(socket.create_connection(address)).sendall(POST + b"Content-Length: 9\r\n\r\n")
        time.sleep(0.1)
        said = talk(address)
        assert said.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 1" in said
    time.sleep(0.2)
    assert talk(address, get()).startswith(b"HTTP/1.1 200 ")


def test_silent_connections_make_room(address):
    """V01: however many connections say nothing, who asks is answered: the one that waits longest is ended."""
    with ExitStack() as held:
        silent = [held.enter_context(socket.create_connection(address, timeout=10)) for _ in range(4)]
        for _ in range(30):
            silent.append(held.enter_context(socket.create_connection(address, timeout=10)))
            assert talk(address, get()).startswith(b"HTTP/1.1 200 ")
        with suppress(ConnectionError):
            assert silent[0].recv(1) == b""


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90000\r\n\r\n", b"200"),
        (b"POST /predict HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 90000\r\n\r\n", b"400"),
        (POST + b"Content-Length: 999999\r\n\r\n", b"413"),
        (b"POST /nix HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n", b"404"),
        (b"", b""),
    ],
)
def test_who_goes_on_after_an_answer(address, monkeypatch, head, status):
    """V01: whoever sends drop by drop what nobody reads (a body that was refused, empty lines) has an end to it."""
    monkeypatch.setattr("automl.deploy.serve.protocol.DRAIN", 0.3)
    with socket.create_connection(address, timeout=10) as line:
        line.sendall(head)
        with suppress(ConnectionError):
            for _ in range(100):
                time.sleep(0.05)
                line.sendall(b" " if head else b"\r\n")
            pytest.fail("it took all of five seconds")
        with suppress(ConnectionError):
            assert line.recv(65_536).startswith(b"HTTP/1.1 " + status if status else b"")


def test_slow_bodies_leave_room(serving, bundle):
    """V07: however many requests never send their bodies, one that comes whole is answered, and they hear 503."""
    served = serving(bundle, Settings(port=0, concurrency=4, body=60))
    body = json.dumps({"rows": [served.row]}).encode()
    with running(served) as address, ExitStack() as held:
        slow = []
        for _ in range(20):
            slow.append(held.enter_context(socket.create_connection(address, timeout=10)))
            slow[-1].sendall(POST + b"Content-Length: 9\r\n\r\n")
            whole = POST + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            assert talk(address, whole).startswith(b"HTTP/1.1 200 ")
        assert slow[0].recv(65_536).startswith(b"HTTP/1.1 503 ")


def test_floods_without_a_token(serving, bundle):
    """V05, V01: sockets that say nothing or go on after their 401 do not keep out who has the token."""
    served = serving(bundle, QUICK, token="s3cret")  # noqa: S106  # a test
    asked = get(b"/schema", b"Authorization: Bearer s3cret\r\n")
    refused = POST + b"Content-Length: 90000\r\n\r\n"
    with running(served) as address, ExitStack() as held:
        for number in range(40):
            line = held.enter_context(socket.create_connection(address, timeout=10))
            if number % 2:
                line.sendall(refused)
                assert line.recv(65_536).startswith(b"HTTP/1.1 401 ")
                with suppress(ConnectionError):
                    line.sendall(b" ")
            assert talk(address, asked).startswith(b"HTTP/1.1 200 ")


def test_a_timer_that_was_moved(line):
    """V01: requests that are answered at once move the deadline of a connection, and it still has one."""
    line.say(get().replace(b"Connection: close\r\n", b""))
    line.protocol._answering.response_complete = True
    line.protocol.on_response_complete()
    assert line.wait()


def test_connections_leave_nothing(line):
    """V11: what a connection was is gone with it, however it was used: no list, timer or task keeps it."""
    kind = type(line.protocol)
    ends = [b"", b"GET / HT", POST + b"Content-Length: 9\r\n\r\n{", get() * 40, b"\x16\x03\r\n\r\n"]

    async def use():
        config = uvicorn.Config(_until_it_ends, interface="asgi3", lifespan="off", ws="none", log_config=None)
        lost = []
        for number in range(100):
            line.closing = False
            other = kind(config, ServerState(), {}, line.loop)
            other.connection_made(line)
            other.data_received(ends[number % len(ends)])
            await asyncio.sleep(0)
            other.connection_lost(ConnectionResetError())
            lost.append(weakref.ref(other))
        del other
        for _ in range(3):
            await asyncio.sleep(0)
        gc.collect()
        return [one for one in lost if one() is not None]

    assert line.loop.run_until_complete(use()) == []
    assert list(kind.waiting) == [line.protocol]


def test_a_body_that_is_late_after_its_answer(address):
    """A client that sends the whole of a refused body all the same hears why, and may ask again on its connection."""
    refused = b"POST /nix HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90000\r\n\r\n"
    said = talk(address, refused, b" " * 90_000 + get(), pause=0.1)
    assert said.startswith(b"HTTP/1.1 404 ")
    assert b"HTTP/1.1 200 " in said
    large = talk(address, POST + b"Content-Length: 999999\r\n\r\n", *[b" " * 50_000] * 5, pause=0.02)
    assert large.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "endless",
    [b"x" * 1_000, b"a: b\r\n" * 100, b"1;" + b"x" * 1_000 + b"\r\n \r\n", b"1;" + b"x" * 1_000],
    ids=["name", "trailers", "extensions", "extension"],
)
def test_what_frames_a_body_has_an_end(line, endless):
    """V01: trailers and chunk extensions are counted as they come, also within lines, and have an end."""
    start = b"" if endless.startswith(b"1;") else b"1\r\n \r\n0\r\n"
    line.say(POST + b"Transfer-Encoding: chunked\r\n\r\n" + start)
    sent = 0
    while not line.closing:
        line.say(endless)
        sent += len(endless)
    assert sent < QUICK.max_head + 2 * len(endless)
    assert line.said.startswith(b"HTTP/1.1 431 ")
    assert len(line.protocol.scope["headers"]) == 3


def test_small_chunks(address):
    """What must be written around chunks is no excess: a body may come byte by byte."""
    body = b'{"rows": []}' + b" " * 3_000
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\nA: b\r\n\r\n"
    said = talk(address, POST + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
    assert said.startswith(b"HTTP/1.1 200 ")


def test_many_headers(address):
    """V01: headers are counted by number too, as a short one takes more memory than its bytes."""
    assert talk(address, get(more=b"a:\r\n" * 300)).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("size", [10, 100_000])
def test_a_long_pipeline(address, size):
    """V01: requests that do not wait for answers are answered in order up to a limit; the last answer says close."""
    one = get().replace(b"Connection: close\r\n", b"")
    said = talk(address, one * size)
    assert said.count(b"HTTP/1.1 200 ") == said.count(b'{"live":true}') == min(size, PIPELINE + 1)
    assert said.count(b"connection: close") == (size > PIPELINE)
    assert said.endswith(b'{"live":true}')


def test_a_pipeline_holds_little(line):
    """V01: what a connection holds of requests that it sent too early is bounded, whatever it sends."""
    for _ in range(200):
        line.say(get().replace(b"Connection: close\r\n", b"") * 100)
    assert len(line.protocol.pipeline) == PIPELINE
    assert line.said == b""


def test_a_broken_request_behind_a_whole_one(address):
    """V02: what is no HTTP gets no answer that could be taken for that of the request before it."""
    said = talk(address, get().replace(b"Connection: close\r\n", b"") + b"\x16\x03 hello\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 200 ")
    assert said.count(b"HTTP/1.1 ") == 1


def test_who_takes_no_answer(line):
    """V01: a closed connection whose last bytes nobody takes is cut off too."""
    line.say(b"\x16\x03 hello\r\n\r\n")
    assert line.said.startswith(b"HTTP/1.1 400 ")
    assert line.wait()


def test_no_http(address):
    """V02: what is no HTTP is 400."""
    assert talk(address, b"\x16\x03\x01 hello\r\n\r\n").startswith(b"HTTP/1.1 400 ")
