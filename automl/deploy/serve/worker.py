"""One worker process: loads bundles when it is told to, answers requests on a socket that it was given."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import nullcontext, suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.deploy.serve.app import make_app
from automl.deploy.serve.current import Current
from automl.deploy.serve.log import Log, bridge, told
from automl.deploy.serve.meter import FOLDER, Meter
from automl.deploy.serve.model import Model
from automl.deploy.serve.protocol import guarded
from automl.deploy.serve.record.process import InsertProcess
from automl.deploy.serve.record.recorder import Recorder
from automl.deploy.serve.settings import TOKEN, Settings
from automl.deploy.serve.trial import Tally, Trial
from automl.errors import AutomlError, BundleError

if TYPE_CHECKING:
    import uvicorn

BEAT = 5.0  # seconds between two signs of life
TALLIED = 0.5  # seconds between two looks at what a challenger did
SWITCH = 5e-4  # seconds that a thread keeps the lock while another waits; each request takes it five times or so
FULL = 100  # smaller collections for one over all objects: it stops every thread, and rows of JSON are no cycles
LONGEST = 1_000  # characters of a text of an error

Reply = dict[str, Any]


class Worker:
    """Does what the parent says: load, swap, drop. It ends when the parent does."""

    def __init__(self, settings: Settings, listening: socket.socket, log: Log, meter: Meter) -> None:
        self._settings = settings
        self._listening = listening
        self._log = log
        self._meter = meter
        self._current = Current()
        self._recorder: Recorder | None = None
        if settings.log is not None:
            self._recorder = Recorder(
                settings.log,
                log=log,
                meter=meter,
                sample=settings.log_sample,
                trial=lambda: self._current.trial,
                inserter=partial(InsertProcess, settings.log),
            )
        self._next: tuple[Model, Trial | None] | None = None
        self.serving: asyncio.Task[None] | None = None
        self._stop: Callable[[], None] = lambda: None

    async def obey(self, order: dict[str, Any]) -> Reply:
        """What became of one order."""
        match order["do"]:
            case "load":
                return await self._load(order)
            case "swap":
                return self._swap()
            case _:
                self._next = None
                return {"said": "dropped"}

    async def _load(self, order: dict[str, Any]) -> Reply:
        """Whatever the bundle does to the reader, this worker goes on with the one that it has."""
        try:
            model, trial = await asyncio.to_thread(self._opened, order)
        except AutomlError as error:
            return _refused(error)
        except Exception as error:  # noqa: BLE001  # a bundle that nobody foresaw must not end the worker
            return _refused(BundleError(f"the bundle cannot be opened: {told(error)}", where=order["path"]))
        self._next = model, trial
        return {"said": "loaded", "bundle": model.name, "ignored": model.ignored}

    def _opened(self, order: dict[str, Any]) -> tuple[Model, Trial | None]:
        settings = replace(self._settings, tables=json.loads(order["tables"]))
        model = Model.open(Path(order["path"]), settings)
        if "challenger" not in order:
            return model, None
        challenger = Model.open(Path(order["challenger"]), settings)
        return model, Trial.of(model, challenger, float(order["share"]), order["since"])

    def tally(self) -> Reply | None:
        """What the challenger did since the last time; None where it did nothing."""
        trial = self._current.trial
        found = None if trial is None else trial.take()
        if trial is None or found is None or found == Tally():
            return None
        self._meter.tried(found)
        return {"said": "tally", "since": trial.since, "tally": asdict(found)}

    def _swap(self) -> Reply:
        if self._next is not None:
            before = self._current.trial
            if self._current.model is not None:
                self._meter.swapped()
            (self._current.model, self._current.trial), self._next = self._next, None
            trial = self._current.trial
            if before is not None and trial is not None and trial.since == before.since:
                trial.take_over(before)  # the same canary, beside new tables
            elif before is not None:
                self._meter.tried(before.take())
            canary = {} if trial is None else {"canary": trial.challenger.name}
            self._meter.serves(champion=self._current.model.name, **canary)
        if self.serving is None and self._recorder is not None:
            self._recorder.start()  # what it reads stays for good, too
        gc.unfreeze()
        gc.collect()
        gc.freeze()  # what stays for good is not looked through again: one cause less of slow answers
        if self.serving is None:
            server = self._server()
            self._stop = lambda: setattr(server, "should_exit", True)
            self.serving = asyncio.create_task(server.serve(sockets=[self._listening]))
        return {"said": "swapped"}

    def _server(self) -> uvicorn.Server:
        import uvicorn

        app = make_app(
            self._current,
            self._settings,
            token=os.environ.get(TOKEN),
            log=self._log,
            meter=self._meter,
            recorder=self._recorder,
        )
        config = uvicorn.Config(
            app,
            http=guarded(self._settings),
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=int(self._settings.idle),
            timeout_graceful_shutdown=int(self._settings.grace),
        )
        server = uvicorn.Server(config)
        server.capture_signals = nullcontext  # type: ignore[assignment,method-assign]  # it ends the process once it has served
        return server

    def stop(self) -> None:
        """Take no more connections, end what was begun."""
        self._current.ready = False
        self._stop()

    def close(self) -> None:
        """Nothing is answered any more: write down what was."""
        if self._recorder is not None:
            self._recorder.close()


def _refused(error: AutomlError) -> Reply:
    """An error as a reply; its texts may quote the bundle, and the channel takes lines of 64 kB."""
    texts = {"what": error.what, "where": error.where, "hint": error.hint}
    clipped = {name: text and text[:LONGEST] for name, text in texts.items()}
    return {"said": "refused", **clipped, "code": error.exit_code}


async def work(worker: Worker, channel: socket.socket) -> None:
    """Obey until the parent hangs up or a signal ends the serving."""
    reader, writer = await asyncio.open_unix_connection(sock=channel)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, worker.stop)
    beats = asyncio.create_task(_beat(worker, writer))
    orders = asyncio.create_task(_orders(worker, reader, writer))
    while not orders.done() and (worker.serving is None or not worker.serving.done()):
        await asyncio.wait({orders, *([worker.serving] if worker.serving else [])}, timeout=BEAT)
    worker.stop()
    for task in (beats, orders):
        task.cancel()
    if worker.serving is not None:
        await worker.serving
    await asyncio.to_thread(worker.close)
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def _orders(worker: Worker, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        reply = await worker.obey(json.loads(line))
        writer.write(json.dumps(reply).encode() + b"\n")


async def _beat(worker: Worker, writer: asyncio.StreamWriter) -> None:
    silent = BEAT
    while True:
        tally = worker.tally()
        if tally is not None or silent >= BEAT:
            writer.write(json.dumps(tally or {"said": "alive"}).encode() + b"\n")
            silent = 0.0
        await asyncio.sleep(TALLIED)
        silent += TALLIED


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run on uvloop where it is installed."""
    factory: Callable[[], asyncio.AbstractEventLoop] | None = None
    with suppress(ImportError):  # Windows and some Pythons have none
        import uvloop

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main)


def be_fair() -> None:
    """Let single rows be answered while the thread of large requests works, which is bound to Python's one lock."""
    sys.setswitchinterval(SWITCH)
    gc.set_threshold(*gc.get_threshold()[:2], FULL)


def main(arguments: Sequence[str]) -> None:
    """Start with the numbers of the listening socket and of the channel, the slot, and the settings."""
    listening, channel = (socket.socket(fileno=int(number)) for number in arguments[:2])
    slot, settings = int(arguments[2]), Settings.from_json(arguments[3])
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    log = Log(sys.stderr, worker=slot)
    bridge(log)
    be_fair()
    meter = Meter(slot if FOLDER in os.environ else None)
    run(work(Worker(settings, listening, log, meter), channel))


if __name__ == "__main__":
    main(sys.argv[1:])
