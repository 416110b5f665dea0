"""Floods of connections that want to keep a server from others, and a client that asks at an even pace meanwhile.

    python benchmarks/serve_load_floods.py FLOOD HOST PORT     # goes on until SIGTERM, then prints what it did

Each is one sentence of the same play: so many sockets say something, go on with something else, and leave or stay.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import time
from collections import Counter, deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

RISE = 2.0  # seconds in which all sockets come
RATE = 200.0  # requests a second of the client with a pace
POOL = 8  # connections that it keeps
USES = 20  # requests on a connection before it opens another: who comes new must get in too
PATIENCE = 10.0  # seconds after which an answer is lost
POST = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
GET = b"GET /schema HTTP/1.1\r\nHost: localhost\r\n\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n \r\n0\r\n"


def _posted(body: bytes) -> bytes:
    return POST + b"Content-Length: %d\r\n\r\n" % len(body) + body


def _nested(rows: int, each: int) -> bytes:
    """Rows that bring rows along, for a bundle with a table ``purchases``."""
    row = {"customer": "c1", "age": 40, "purchases": [{"amount": 1.5, "items": 2}] * each}
    return json.dumps({"rows": [row] * rows}).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """What each of `sockets` says `first`, then every `pause` seconds (`more`), until it leaves after `stay` seconds.

    They come within `RISE` seconds, and whoever is cut off comes again after `rest` seconds. A `locked` server has a
    token, which the flood does not have.
    """

    sockets: int
    first: bytes = b""
    more: bytes = b""
    pause: float = 0.0
    stay: float | None = None
    rest: float = 0.05
    locked: bool = True


FLOODS = {
    "silent": Flood(sockets=2_500, rest=1.0),
    "after 401": Flood(sockets=1_000, first=POST + b"Content-Length: 1000000\r\n\r\n", more=b" ", pause=1.0),
    "after 413": Flood(
        sockets=1_000, first=POST + b"Content-Length: 9999999999\r\n\r\n", more=b" ", pause=1.0, locked=False
    ),
    "trailers": Flood(sockets=16, first=CHUNKED, more=b"a: b\r\n" * 1_000, locked=False),
    "trailer": Flood(sockets=16, first=CHUNKED, more=b"x" * 10_000, locked=False),
    "pipelined": Flood(sockets=16, first=GET * (10 * 2**20 // len(GET))),
    "slow bodies": Flood(sockets=1_000, first=POST + b"Content-Length: 9\r\n\r\n", more=b" ", pause=1.0, locked=False),
    "nested": Flood(sockets=16, first=_posted(_nested(800, 90)), stay=0.5, locked=False),
    "large": Flood(sockets=16, first=_posted(b'{"rows": [' + b'{"a": 1}, ' * 490_000), stay=0.5, locked=False),
    "numbers": Flood(sockets=16, first=_posted(b'{"rows": [{"a": [' + b"1234," * 990_000), stay=0.5, locked=False),
}


async def pour(flood: Flood, host: str, port: int) -> Counter[str]:
    """Let all sockets talk until SIGTERM; how many connections there were and why they ended."""
    counted: Counter[str] = Counter()
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    talks = [asyncio.create_task(_talk(flood, host, port, counted)) for _ in range(flood.sockets)]
    await over.wait()
    for talk in talks:
        talk.cancel()
    return counted


async def _talk(flood: Flood, host: str, port: int, counted: Counter[str]) -> None:
    await asyncio.sleep(RISE * random.random())  # noqa: S311  # any will do
    while True:
        try:
            reader, writer = await asyncio.open_connection(host, port)
        except OSError:
            counted["refused"] += 1
        else:
            counted["connections"] += 1
            said = asyncio.create_task(_say(flood, writer))
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(flood.stay):
                    await (said if flood.more else reader.read())  # who goes on does not care what it is told
                    counted["ended by the server"] += 1
            said.cancel()
            writer.transport.abort()
        await asyncio.sleep(flood.rest)


async def _say(flood: Flood, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        writer.write(flood.first)
        while flood.more:
            await asyncio.sleep(flood.pause)
            writer.write(flood.more)
            await writer.drain()


class Paced:
    """A client that asks `RATE` times a second whatever happens; each time counts from when a request was due."""

    def __init__(self, address: str, scratch: Path, token: str | None) -> None:
        found = urlsplit(address)
        self._host, self._port = found.hostname, found.port
        more = f"Authorization: Bearer {token}\r\n".encode() if token else b""
        bodies = (scratch / "bodies").read_bytes().splitlines()
        self._asked = [POST + more + b"Content-Length: %d\r\n\r\n" % len(body) + body for body in bodies]
        self._right = (scratch / "answers").read_bytes().splitlines()
        self._idle: deque[tuple[int, asyncio.StreamReader, asyncio.StreamWriter]] = deque()
        self._counted: Counter[str] = Counter()
        self._times: list[float] = []

    async def run(self, seconds: float) -> dict[str, Any]:
        """Counts as those of wrk, and times in ms of the right answers."""
        began = time.monotonic()
        tasks = []
        for number in range(round(seconds * RATE)):
            due = began + number / RATE
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            tasks.append(asyncio.create_task(self._ask(number % len(self._asked), due)))
        await asyncio.gather(*tasks)
        for _, _, writer in self._idle:
            writer.close()
        kinds = ("right", "wrong", "limited", "full", "other", "lost")
        times = self._times or [PATIENCE]
        p50, p99, most = (1e3 * float(np.quantile(times, share)) for share in (0.5, 0.99, 1.0))
        counts = {kind: self._counted[kind] for kind in kinds}
        return {**counts, "seconds": seconds, "p50_ms": p50, "p99_ms": p99, "max_ms": most}

    async def _ask(self, number: int, due: float) -> None:
        """One request; nothing is asked twice."""
        try:
            async with asyncio.timeout(PATIENCE):
                used, reader, writer = self._idle.popleft() if self._idle else (0, *await self._connect())
                writer.write(self._asked[number])
                status, body = await _answer(reader)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            self._counted["lost"] += 1
            return
        if status == 200:
            right = body == self._right[number]
            self._counted["right" if right else "wrong"] += 1
            self._times += [time.monotonic() - due] if right else []
        else:
            self._counted[{429: "limited", 503: "full"}.get(status, "other")] += 1
        if status == 200 and used + 1 < USES and len(self._idle) < POOL:
            self._idle.append((used + 1, reader, writer))
        else:
            writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self._host, self._port)


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
    return int(head.split(b" ", 2)[1]), await reader.readexactly(length)


def main(arguments: Sequence[str] | None = None) -> None:
    """Pour one flood."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("flood", choices=FLOODS)
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    said = parser.parse_args(arguments)
    print(json.dumps(asyncio.run(pour(FLOODS[said.flood], said.host, said.port))))


if __name__ == "__main__":
    main()
