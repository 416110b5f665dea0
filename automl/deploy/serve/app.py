"""The routes: rows in, answers out, and what the server says of itself. Nothing here loads, changes or stops it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from automl.deploy.serve import arrow
from automl.deploy.serve.current import Current
from automl.deploy.serve.door import Door, Visit
from automl.deploy.serve.explained import explained
from automl.deploy.serve.log import Log
from automl.deploy.serve.meter import Meter
from automl.deploy.serve.model import Model, Reply
from automl.deploy.serve.record.recorder import Recorder
from automl.deploy.serve.refusal import Refusal, gone_away
from automl.deploy.serve.settings import Settings
from automl.deploy.serve.trial import asked
from automl.deploy.serve.watched import labelled, watched

if TYPE_CHECKING:
    from fastapi import Request, Response
    from starlette.types import Receive

    Answer = Callable[[Request], Coroutine[Any, Any, Response]]

JSON: Final = "application/json"
UNREAD: Final = "x-unread-cells"
TOLD: Final = 16  # columns in that header: proxies do not take long ones
SMALL: Final = 8 * 2**10  # bytes of a body that are parsed faster than a thread is woken
WAITING: Final = 8  # requests that wait for the thread of large ones
EXPLAINING: Final = 4  # and for that of explanations, each of which may take seconds
FOREIGN: Final = {404: "no such path", 405: "this path is not asked in that way"}

T = TypeVar("T")


class Heavy:
    """One thread for what takes long, and a short line in front of it: single rows are answered meanwhile."""

    def __init__(self, most: int = WAITING) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="heavy")
        self._most, self._waiting = most, 0

    async def run(self, work: Callable[[Callable[[], bool]], T], receive: Receive) -> T:
        """What `work` gives, which may ask whether the client is gone. Refusals: 503 where the line is full, and then.

        `receive` is that of the request, whose body is read.
        """
        if self._waiting >= self._most:
            raise Refusal(503, "too many large requests wait", hint="Ask again later.", retry=2)
        self._waiting += 1
        gone = threading.Event()
        job: asyncio.Future[T] = asyncio.get_running_loop().run_in_executor(self._pool, work, gone.is_set)
        watch = asyncio.create_task(_hung_up(receive))
        try:
            await asyncio.wait((job, watch), return_when=asyncio.FIRST_COMPLETED)
            if job.done():
                return job.result()
            raise gone_away()
        finally:
            gone.set()
            job.cancel()  # it need not begin
            watch.cancel()
            self._waiting -= 1


async def _hung_up(receive: Receive) -> None:
    """Wait until the client closes its connection."""
    while (await receive())["type"] != "http.disconnect":
        pass


def make_app(
    current: Current,
    settings: Settings,
    *,
    token: str | None,
    log: Log,
    meter: Meter,
    recorder: Recorder | None = None,
) -> Door:
    """The ASGI app of one worker; answers are given to the `recorder`."""
    from fastapi import FastAPI
    from starlette.exceptions import HTTPException

    quiet: Any = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}  # nothing leaves unasked
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False, telemetry=quiet)
    app.add_route("/predict", _predict(current, settings, recorder), methods=["POST"])
    app.add_route("/explain", _explain(current, settings), methods=["POST"])
    told: dict[str, Callable[[Model], object]] = {
        "/schema": lambda model: model.schema,
        "/openapi.json": lambda model: model.openapi,
        "/health/ready": lambda model: {"ready": True, "bundle": model.name},
    }
    for path, what in told.items():
        app.add_route(path, _document(current, what), methods=["GET"])
    app.add_route("/health/live", _alive, methods=["GET"])
    app.add_route("/watch", _watch(current, settings), methods=["GET"])
    app.add_route("/labels", _labels(current, settings, token=token), methods=["POST"])
    app.add_route("/metrics", _metrics(meter), methods=["GET"])
    for kind in (Refusal, HTTPException, Exception):  # the last one is raised again: the door notes it
        app.add_exception_handler(kind, _refused)
    return Door(app, settings, token=token, log=log, meter=meter)


def _predict(current: Current, settings: Settings, recorder: Recorder | None) -> Answer:
    from fastapi import Response

    heavy = Heavy()

    async def predict(request: Request) -> Response:
        model, trial = current.for_request(request), current.trial
        visit: Visit = request.scope["state"]["visit"]
        kind = _content_type(visit.headers)
        body = await read_body(request, settings)
        ask = partial(asked, model, trial)
        if kind == arrow.CONTENT:
            stream = partial(ask, None, visit.request_id, lambda who: who.answer_stream(body))
            who, reply = await heavy.run(lambda _: stream(), request.receive)
        else:
            small = len(body) <= SMALL
            rows = model.read(body) if small else await heavy.run(lambda _: model.read(body), request.receive)
            visit.rows = len(rows)
            answer = partial(ask, rows, visit.request_id)
            if model.is_light(rows):
                who, reply = answer(lambda who: who.answer(rows))
            else:
                who, reply = await heavy.run(lambda gone: answer(lambda who: who.answer(rows, gone)), request.receive)
        visit.rows, visit.unread, visit.version = reply.rows, reply.unread, who.name
        if reply.unread:
            who.check(reply)
        if recorder is not None:
            sent = (body, reply.content) if kind == JSON else None
            recorder.add(who.bundle, reply.raw, reply.answers, sent)
        return Response(reply.content, media_type=kind, headers=_told(reply) if kind == arrow.CONTENT else None)

    return predict


def _explain(current: Current, settings: Settings) -> Answer:
    """Explanations wait in a line of their own, so that no prediction waits behind one."""
    from fastapi.responses import JSONResponse

    line = Heavy(EXPLAINING)

    async def explain(request: Request) -> Response:
        model = current.for_request(request)
        visit: Visit = request.scope["state"]["visit"]
        if _content_type(visit.headers) != JSON:
            raise Refusal(415, "rows to explain are JSON", hint=f"Send {JSON}.", close=True)
        body = await read_body(request, settings)
        rows = model.read(body) if len(body) <= SMALL else await line.run(lambda _: model.read(body), request.receive)
        visit.rows = len(rows)
        found = await line.run(lambda gone: explained(model.bundle, rows, settings, gone), request.receive)
        return JSONResponse({"rows": found, "bundle": model.name})

    return explain


def _watch(current: Current, settings: Settings) -> Answer:
    from fastapi.responses import JSONResponse

    line = Heavy()

    async def watch(request: Request) -> Response:
        model = current.for_request(request)
        return JSONResponse(await line.run(lambda _: watched(model, settings), request.receive))

    return watch


def _labels(current: Current, settings: Settings, *, token: str | None) -> Answer:
    from fastapi.responses import JSONResponse

    line = Heavy()

    async def labels(request: Request) -> Response:
        if token is None:
            raise Refusal(403, "labels are taken from who has the token", hint="Serve with AUTOML_TOKEN set.")
        model = current.for_request(request)
        visit: Visit = request.scope["state"]["visit"]
        if _content_type(visit.headers) != JSON:
            raise Refusal(415, "labels are JSON", hint=f"Send {JSON}.", close=True)
        body = await read_body(request, settings)
        return JSONResponse(await line.run(lambda _: labelled(model, body, settings), request.receive))

    return labels


def _told(reply: Reply) -> dict[str, str] | None:
    """What the body cannot say, because it is a stream: unread cells by column as JSON, of those that have the most."""
    most = sorted(((found.unread, name) for name, found in reply.unread.items() if found.unread), reverse=True)[:TOLD]
    return {UNREAD: json.dumps({name: count for count, name in most}, separators=(",", ":"))} if most else None


def _document(current: Current, what: Callable[[Model], object]) -> Answer:
    from fastapi.responses import JSONResponse

    async def document(request: Request) -> Response:
        return JSONResponse(what(current.for_request(request)))

    return document


async def _alive(_request: Request) -> Response:
    from fastapi.responses import JSONResponse

    return JSONResponse({"live": True})


def _metrics(meter: Meter) -> Answer:
    from fastapi import Response

    async def metrics(_request: Request) -> Response:
        text, kind = meter.text()
        return Response(text, headers={"content-type": kind})

    return metrics


async def _refused(request: Request, error: Exception) -> Response:
    """What a client is told; of an error that nobody foresaw, nothing."""
    from fastapi import Response

    refusal = error if isinstance(error, Refusal) else _foreign(error)
    headers = {name.decode(): value.decode() for name, value in refusal.headers}
    body = refusal.body(request.scope["state"]["visit"].request_id)
    return Response(body, status_code=refusal.status, headers=headers, media_type=JSON)


def _foreign(error: Exception) -> Refusal:
    """An error of the framework, or a bug of ours."""
    status = getattr(error, "status_code", 500)
    if status not in FOREIGN:
        return Refusal(500, "a bug of the server")
    headers = getattr(error, "headers", None) or {}
    more = tuple((name.lower().encode(), value.encode()) for name, value in headers.items())
    return Refusal(status, FOREIGN[status], hint="See /openapi.json.", headers=more)


async def read_body(request: Request, settings: Settings) -> bytes:
    """The whole body, within its limits of size and time. Refusals: 408, 413, 503; the connection then ends (V01)."""
    visit: Visit = request.scope["state"]["visit"]
    length = visit.headers.get(b"content-length", b"0")
    if not length.isdigit() or int(length) > settings.max_body:
        raise _too_large(settings)
    place = visit.place
    assert place is not None  # noqa: S101  # the door gave it one
    parts, size = [], 0
    try:
        async with asyncio.timeout(settings.body) as limit:
            place.sends(limit)
            while True:
                message = await request.receive()
                if message["type"] == "http.disconnect":
                    raise gone_away()
                part = message.get("body", b"")
                size += len(part)
                if size > settings.max_body:
                    raise _too_large(settings)
                parts.append(part)
                if not message.get("more_body", False):
                    return b"".join(parts)
    except TimeoutError:
        raise place.late(settings.body) from None
    finally:
        place.has_sent()


def _too_large(settings: Settings) -> Refusal:
    what = f"the body is larger than {settings.max_body:,} bytes"
    return Refusal(413, what, hint="Send fewer rows at a time.", close=True)


def _content_type(headers: Mapping[bytes, bytes]) -> str:
    """JSON or an Arrow stream, as it is; no form, no compression, no other letters than UTF-8 (V03)."""
    kind, _, parameters = headers.get(b"content-type", b"").decode("latin-1").partition(";")
    kind = kind.strip().lower()
    told = parameters.strip().lower().replace('"', "")
    encoding = headers.get(b"content-encoding", b"identity").lower()
    if kind not in {JSON, arrow.CONTENT} or told not in {"", "charset=utf-8"} or encoding != b"identity":
        hint = f"Send {JSON} or {arrow.CONTENT}, uncompressed."
        raise Refusal(415, "the content type is not one that is read here", hint=hint, close=True)
    return kind
