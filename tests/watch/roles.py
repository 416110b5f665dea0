"""Who writes to the store of a watch in tests: a writer, a server's recorder, a watcher, each to be killed.

Each runs in a process of its own and says to a pipe what it did. `environment` is that of the test.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Mapping
from functools import partial
from itertools import count, cycle
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from automl.bundle.read import Bundle
from automl.deploy.serve.log import Log
from automl.deploy.serve.meter import Meter
from automl.deploy.serve.record import recorder
from automl.deploy.serve.record.process import InsertProcess
from automl.errors import MachineError
from automl.testing._bundle import raw_rows
from automl.watch.look import look
from automl.watch.predictions import Batch, Model, Writer
from automl.watch.store import open_store
from automl.watch.upkeep import merge

MODEL = Model(bundle="b" * 64, target="y", keys=("id",), reads=("a", "c"))
DAY = 86_400_000_000
START = 1_000_000_000_000_000  # microseconds


class Pipe(Protocol):
    """What takes the words of who is killed."""

    def send(self, word: Any, /) -> None:
        """Take a word."""


class Deaf:
    """Who listens to nothing."""

    def send(self, word: Any, /) -> None:
        """Let a word go by."""


def within(environment: Mapping[str, str], role: Callable[..., None], say: Pipe, *arguments: object) -> None:
    """A role in the environment of the test: a server of forks has that of its own beginning."""
    os.environ.update(environment)
    role(say, *arguments)


def batch(first: int, rows: int, *, time: int = START) -> Batch:
    """Rows with the keys `first` and on, one a second."""
    places = range(first, first + rows)
    return Batch(
        raw={"a": [float(p) for p in places], "c": [f"c{p % 3}" for p in places], "private": ["x"] * rows},
        answers={"probability": [0.5] * rows, "decision": ["no"] * rows},
        key=[str(place) for place in places],
        time=[time + place * 1_000_000 for place in places],
    )


def write(say: Pipe, where: str, first: int, end: int | None = None, rows: int = 10) -> None:
    """Writes batches of so many rows from the number `first` on, puts some together, and says the number of each."""
    try:
        store = open_store(where, create=True)
        writer = Writer(store, MODEL)
        for number in count(first) if end is None else range(first, end):
            writer.write(str(number), batch(number * rows, rows))
            say.send(number)
            if number % 5 == 4:
                merge(store, settled=-DAY)
    except MachineError:
        return  # the database was killed


def serve(say: Pipe, where: str, bundle: Path, run: int) -> None:
    """Answers row by row, with a process beside it; says which were asked, and how many were surely written."""
    recorder.PAUSE = 0.02
    model, meter = Bundle.load(bundle), Meter()
    writing = recorder.Recorder(where, log=Log(io.StringIO()), meter=meter, inserter=partial(InsertProcess, where))
    writing.start()
    for number, row in enumerate(cycle(raw_rows().head(50).to_dicts())):
        say.send((number, _logged(meter)))
        asked = {**row, "id": f"{run}-{number}"}
        writing.add(model, [asked], [model.decide(asked)])
        time.sleep(0.001)


def watch(say: Pipe, where: str, bundle: Path, days: int) -> None:
    """Looks at the end of each day, puts batches together, and says the day."""
    store, model = open_store(where), Bundle.load(bundle)
    for day in range(1, days + 1):
        look(store, model, at=START + day * DAY)
        merge(store, settled=-DAY)
        say.send(day)
    store.close()


def answered(model: Bundle, day: int) -> tuple[pl.DataFrame, pl.DataFrame, list[int]]:
    """Raw rows of a day, what the model answers, and when; no age can be read on the second day."""
    raw = raw_rows().with_columns(pl.format("{}-{}", pl.lit(day), "id").alias("id"))
    raw = raw.with_columns(pl.lit("what?").alias("age")) if day == 1 else raw
    return raw, model.score(raw, typed=False), [START + day * DAY + place for place in range(raw.height)]


def _logged(meter: Meter) -> float:
    """How many rows a meter knows to be in the store."""
    lines = meter.text()[0].decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("automl_logged_rows_total"))
