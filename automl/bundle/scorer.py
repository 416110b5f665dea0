"""Score raw rows with a bundle: the heart of `automl.Bundle`, and the middle of the text of score.py."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from automl.data.read.column_reader import Reader
from automl.data.read.reader import read_row
from automl.graph.runtime import open_runtime
from automl.names import outside

PROTOCOL = 1

NAMED = 5  # rows that an error names

T = TypeVar("T")
Array = NDArray[np.generic]
Document = Mapping[str, Any]  # JSON whose hash was checked
Row = Mapping[str, object]  # raw cells by column
Values = dict[str, float | str]  # what the graph takes of a row
Cell = float | int | str | bool
Answer = dict[str, Cell]


class ScoreError(ValueError):
    """A row cannot be scored, or the bundle is not the one that was written."""


class Scorer:
    """The bundle in `folder`, opened once: `decide` one raw row, `score` many. Threads may share it.

    `manifest`, where given, is the bundle's own, checked and of the protocol that this file reads.
    """

    def __init__(self, folder: str | os.PathLike[str], manifest: Document | None = None) -> None:
        self.manifest = _manifest(Path(folder)) if manifest is None else manifest
        model = _model(Path(folder), self.manifest)
        self.reader: Reader = self.manifest["reader"]
        self.keys: list[str] = self.manifest["keys"]
        self.chunk_rows: int = self.manifest["chunk_rows"]
        self.columns = [column for output in self.manifest["outputs"] for column in output["columns"]]
        entries = [column for column in self.reader["columns"] if not column.get("optional")]
        self.needed = list(dict.fromkeys(outside(name) for c in entries for name in c.get("parts", (c["name"],))))
        self.decisions = _decision_values(self.manifest)
        self._texts = {
            name for output in self.manifest["outputs"] if output["wire"] == "text" for name in output["columns"]
        }
        self._outputs = [output["name"] for output in self.manifest["outputs"]]
        self._session = open_runtime(model)
        self.inputs = _inputs(self._session)
        self._numbers = [(given, name) for given, name, kind in self.inputs if kind is float]
        self._words = [(given, name) for given, name, kind in self.inputs if kind is not float]
        self._graph = getattr(self._session, "_sess", self._session)  # its wrapper finds each input in a list of all

    def decide(self, row: Row) -> Answer:
        """The answer to one raw row: probabilities or prediction with interval, decision, expected cost, by column."""
        results = self._one(self._values(row))
        self._check(results, 0)
        cells = [cell for result in results for cell in result[0].tolist()]
        return self._typed(dict(zip(self.columns, cells, strict=True)))

    def score(self, rows: Iterable[Row]) -> Iterator[Answer]:
        """The answers to many raw rows, in their order, computed in chunks."""
        for number, chunk in enumerate(chunks(rows, self.chunk_rows)):
            for cells in zip(*self.answers(chunk, number * self.chunk_rows), strict=True):
                yield self._typed(dict(zip(self.columns, cells, strict=True)))

    def answers(self, rows: Sequence[Row], first: int = 0) -> list[list[Cell]]:
        """The output columns for one chunk of raw rows, from row `first` on; a decision is text here."""
        read = self._all(rows)
        columns: dict[str, Array] = {
            name: np.array([values[name] for values in read], dtype=kind) for _, name, kind in self.inputs
        }
        return [column.tolist() for column in self._run(columns, first)]

    def run(self, columns: Mapping[str, Array], rows: int, first: int = 0) -> dict[str, Array]:
        """The output columns [rows] for columns [rows] that have passed the reader, computed in chunks."""
        parts = [
            self._run(
                {name: columns[name][start : start + self.chunk_rows] for _, name, _ in self.inputs}, first + start
            )
            for start in range(0, max(rows, 1), self.chunk_rows)
        ]
        return {name: np.concatenate([part[place] for part in parts]) for place, name in enumerate(self.columns)}

    def _one(self, values: Values) -> list[Array]:
        """One row through the graph; all numbers become arrays at once, which is most of what a row costs."""
        numbers = np.array([values[name] for _, name in self._numbers], dtype=float).reshape(-1, 1, 1)
        feeds: dict[str, Array] = {given: number for (given, _), number in zip(self._numbers, numbers, strict=True)}
        for given, name in self._words:
            feeds[given] = np.array([[values[name]]], dtype=object)
        results: list[Array] = self._graph.run(self._outputs, feeds, None)
        return results

    def _values(self, row: Row) -> Values:
        """Everything the graph may take from one raw row."""
        return self._read(row)

    def _all(self, rows: Sequence[Row]) -> list[Values]:
        """The same for many."""
        return [self._read(row) for row in rows]

    def _read(self, row: Row) -> Values:
        try:
            return read_row(self.reader, row)
        except KeyError:
            raise ScoreError(missing_columns([name for name in self.needed if name not in row])) from None
        except ValueError as error:
            raise ScoreError(str(error)) from None

    def _run(self, columns: Mapping[str, Array], first: int) -> list[Array]:
        feeds = {given: columns[name].reshape(-1, 1) for given, name, _ in self.inputs}
        if not len(next(iter(feeds.values()))):  # some operations refuse to run on nothing
            return [np.empty(0, dtype=object if column in self._texts else float) for column in self.columns]
        results = self._session.run(self._outputs, feeds)
        self._check(results, first)
        return [result[:, place] for result in results for place in range(result.shape[1])]

    def _check(self, results: Sequence[Array], first: int) -> None:
        """A decision without a text is a refusal: the row lacks a cost, and the spec says what that means."""
        for name, result in zip(self._outputs, results, strict=True):
            refused = np.flatnonzero(_undecided(result[:, 0])) if name == "decision" else ()
            if len(refused):
                rows = ", ".join(str(first + row + 1) for row in refused[:NAMED])
                rows += ", ..." if len(refused) > NAMED else ""
                where = f"row {rows} lacks" if len(refused) == 1 else f"rows {rows} ({len(refused)} in all) lack"
                raise ScoreError(f'{where} a cost, and the spec says objective.costs.missing = "refuse"')

    def _typed(self, answer: Answer) -> Answer:
        if self.decisions:
            answer["decision"] = self.decisions[answer["decision"]]
        return answer


def _undecided(decisions: Array) -> Array:
    """Which rows have no decision: no text, and where numbers are decided, no number."""
    return np.asarray(decisions == "" if decisions.dtype == object else np.isnan(decisions))


def chunks(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """The rows in lists of `size`, the last one shorter."""
    waiting = iter(rows)
    while chunk := list(islice(waiting, size)):
        yield chunk


def missing_columns(names: Sequence[str]) -> str:
    """The sentence for rows that lack columns."""
    listed = ", ".join(repr(name) for name in names)
    return f"the data lacks {'a column' if len(names) == 1 else 'columns'} that the model reads: {listed}"


def _manifest(folder: Path) -> Document:
    text = (folder / "manifest.json").read_bytes()
    if (folder / "manifest.sha256").read_bytes() != seal(text):
        raise ScoreError(f"{folder}: manifest.json is not the one that was written")
    manifest: Document = json.loads(text)
    if manifest["protocol"] != PROTOCOL:
        raise ScoreError(f"{folder}: the bundle has protocol {manifest['protocol']}, this file reads {PROTOCOL}")
    return manifest


def _model(folder: Path, manifest: Document) -> bytes:
    model = (folder / "model.onnx").read_bytes()
    if hashlib.sha256(model).hexdigest() != manifest["files"]["model.onnx"]:
        raise ScoreError(f"{folder}: model.onnx is not the one that was written")
    return model


def seal(manifest: bytes) -> bytes:
    """What manifest.sha256 holds: the format of `sha256sum`."""
    return f"{hashlib.sha256(manifest).hexdigest()}  manifest.json\n".encode()


def _decision_values(manifest: Document) -> dict[Cell, Cell]:
    """Decisions by their text in the target's own type, where they are labels and no names of actions (D21)."""
    target = manifest["target"]
    values = dict(zip(target["texts"], target["values"], strict=True))
    decisions = manifest["decisions"]
    return {text: values[text] for text in decisions} if set(decisions) <= values.keys() else {}


def _inputs(session: Any) -> list[tuple[str, str, type]]:
    """Each input's name in the graph, the column it takes, and the type of its cells."""
    columns = json.loads(session.get_modelmeta().custom_metadata_map["inputs"])
    return [
        (entry.name, column, object if entry.type == "tensor(string)" else float)
        for entry, column in zip(session.get_inputs(), columns, strict=True)
    ]
