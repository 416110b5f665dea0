"""The door of the server: who may come in, how many at once, and what is noted of each visit."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from automl.data.read.unread import Unread
from automl.deploy.serve.log import Log, told
from automl.deploy.serve.meter import Meter, route_of
from automl.deploy.serve.places import Place, Places
from automl.deploy.serve.refusal import JSON, Refusal
from automl.deploy.serve.settings import Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

ALWAYS = frozenset({"/health/live", "/health/ready", "/metrics"})  # answered however full the server is
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
HOST = re.compile(r"(?:\[(?P<address>[0-9a-f:.]+)\]|(?P<name>[^:\[\]]+))(?::[0-9]*)?")
REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
VERSION = b"x-model-version"  # the begin of the content hash of the bundle that answered
Headers = tuple[tuple[bytes, bytes], ...]
SECURITY = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))


@dataclass(slots=True)
class Visit:
    """What is known of one request while it is answered. No value of a user is among it."""

    request_id: str
    route: str
    method: str
    headers: Mapping[bytes, bytes] = field(default_factory=dict)
    place: Place | None = None
    status: int = 0
    version: str = ""
    rows: int = 0
    unread: Unread = field(default_factory=dict)
    facts: dict[str, object] = field(default_factory=dict)


class Door:
    """An ASGI app around another: ids, Host and Origin, token, places, numbers, log."""

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        *,
        token: str | None,
        log: Log,
        meter: Meter,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._app = app
        self._settings = settings
        self._token = f"Bearer {token}".encode() if token is not None else None
        self._log = log
        self._meter = meter
        self._clock = clock
        self._hosts = {name.lower() for name in settings.hosts} | {settings.host.lower(), "localhost"}
        self._prefix, self._count = os.urandom(6).hex(), 0
        self._places = Places(settings, meter.active)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever goes wrong inside becomes a document with a status."""
        if scope["type"] != "http":  # the start and the end of the server
            await self._app(scope, receive, send)
            return
        started = self._clock()
        headers: dict[bytes, bytes] = dict(scope["headers"])
        visit = Visit(self._request_id(headers), route_of(scope["path"]), scope["method"], headers)
        scope["state"] = {"visit": visit}

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                visit.status = message["status"]
                if visit.place is not None:
                    visit.place.leave()
                more: Headers = ((b"x-request-id", visit.request_id.encode()), *SECURITY)
                if visit.version:
                    more = ((VERSION, visit.version.encode()), *more)
                message = {**message, "headers": [*message.get("headers", ()), *more]}
            await send(message)

        try:
            self._check(scope, headers)
            await self._inside(scope, receive, answer)
        except Refusal as refusal:
            await refuse(refusal, visit.request_id, answer)
        except Exception as error:  # noqa: BLE001  # a bug of ours must not end the worker, nor tell its values
            visit.facts["error"] = told(error)
            if not visit.status:
                await refuse(Refusal(500, "a bug of the server"), visit.request_id, answer)
        finally:
            seconds = self._clock() - started
            self._meter.answered(visit.route, visit.status, seconds)
            self._note(visit, seconds)

    def _check(self, scope: Scope, headers: Mapping[bytes, bytes]) -> None:
        """Refuse a request for another server, of another origin, or without the token."""
        host = headers.get(b"host", b"").decode("latin-1")
        if not self._ours(host):
            raise Refusal(400, "the Host header names another server", hint="Serve it with --allow-host NAME.")
        origin = headers.get(b"origin")
        if origin is not None and scope["method"] not in SAFE:
            site = origin.decode("latin-1").partition("://")[2]
            if site.lower() != host.lower():
                raise Refusal(403, "a page of another origin asks")
        if self._token is None or (self._settings.open_health and scope["path"].startswith("/health/")):
            return
        if not hmac.compare_digest(headers.get(b"authorization", b""), self._token):
            asked = ((b"www-authenticate", b"Bearer"),)
            raise Refusal(401, "the token is missing or wrong", hint="Send Authorization: Bearer TOKEN.", headers=asked)

    def _ours(self, host: str) -> bool:
        """A name that we go by, or an address: a page that rebinds DNS comes with a name of its own (V13)."""
        name = _without_port(host.lower())
        if name in self._hosts or "*" in self._hosts:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    async def _inside(self, scope: Scope, receive: Receive, answer: Send) -> None:
        """Take a place, let every request that came at the same time ask for its own, then go in (V07).

        It is free again as soon as there is an answer: however slowly that is taken, nothing is worked on any more.
        """
        if scope["path"] in ALWAYS:
            await self._app(scope, receive, answer)
            return
        place = scope["state"]["visit"].place = self._places.take((scope.get("client") or ("",))[0])
        try:
            await asyncio.sleep(0)
            await self._app(scope, receive, answer)
        finally:
            place.leave()

    def _request_id(self, headers: Mapping[bytes, bytes]) -> str:
        given = headers.get(b"x-request-id")
        if given is not None and REQUEST_ID.fullmatch(given):
            return given.decode()
        self._count += 1
        return f"{self._prefix}-{self._count:x}"

    def _note(self, visit: Visit, seconds: float) -> None:
        if visit.rows and visit.status < 400:  # noqa: PLR2004  # HTTP: what succeeds is below
            self._meter.rows(visit.rows)
        for column, found in visit.unread.items():
            if found.unread:
                self._meter.unread(column, found.unread)
        failed = visit.status >= 500 or "error" in visit.facts  # noqa: PLR2004  # HTTP
        if not (failed or visit.status >= 400 or self._settings.log_requests):  # noqa: PLR2004  # HTTP
            return
        self._log(
            "error" if "error" in visit.facts else "warning" if failed else "info",
            "request",
            request_id=visit.request_id,
            method=visit.method if visit.method in SAFE | {"POST"} else "other",
            route=visit.route,
            status=visit.status,
            rows=visit.rows,
            ms=round(seconds * 1e3, 3),
            **visit.facts,
        )


async def refuse(refusal: Refusal, request_id: str, send: Send) -> None:
    """Send a refusal."""
    body = refusal.body(request_id)
    headers = [(b"content-type", JSON), (b"content-length", b"%d" % len(body)), *refusal.headers]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _without_port(host: str) -> str:
    """The name or address, as RFC 9110 has it in front of a port; all of it where it is not written so."""
    found = HOST.fullmatch(host)
    return found["address"] or found["name"] if found else host
