"""Score raw rows with a bundle: the heart of `automl.Bundle`, and the middle of the text of score.py."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from automl.data.read.column_reader import Reader
from automl.data.read.reader import read_row
from automl.data.read.unread import (
    OnUnread,
    Unread,
    added,
    cell_of,
    fallible,
    is_unread,
    listed,
    refusal,
    tally,
    told,
    unreadable,
    warn,
)
from automl.graph.runtime import open_runtime
from automl.names import outside

PROTOCOL = 3
NAMED = 5  # rows that an error names
MEND = 'Mend the data, or let such a column count as missing with --unread empty (in Python: unread="empty").'

T = TypeVar("T")
Array = NDArray[np.generic]
Document = Mapping[str, Any]  # JSON whose hash was checked
Row = Mapping[str, object]  # raw cells by column
Values = dict[str, float | str]  # what the graph takes of a row
Cell = float | int | str | bool
Answer = dict[str, Cell]


class ScoreError(ValueError):
    """Rows cannot be scored. The exit codes of score.py are those of automl."""

    exit_code = 3


class ChangedError(ScoreError):
    """The bundle is not the one that was written."""

    exit_code = 7


class Scorer:
    """The bundle in `folder`, opened once: `decide` one raw row, `score` many. Threads may share it.

    `manifest`, where given, is the bundle's own, checked and of the protocol that this file reads; `files` are then the
    bytes of its files by name, checked too, and nothing is read from the folder.
    """

    sources: Mapping[str, str] = MappingProxyType({})  # the table that each computed column comes from

    def __init__(
        self,
        folder: str | os.PathLike[str],
        manifest: Document | None = None,
        files: Mapping[str, bytes] | None = None,
    ) -> None:
        self.manifest = _manifest(Path(folder)) if manifest is None else manifest
        model = checked(Path(folder), self.manifest, "model.onnx") if files is None else files["model.onnx"]
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
        self._fallible = fallible(self.reader)

    def given(self, tables: Mapping[str, Any]) -> Self:  # noqa: ARG002  # this one reads no other tables
        """The scorer with other tables at hand."""
        return self

    def decide(self, row: Row) -> Answer:
        """The answer to one raw row: probabilities or prediction with interval, decision, expected cost, by column.

        Warns of cells that hold something and cannot be read.
        """
        answer, unread = self.answer(row)
        warn(unreadable(unread))
        return answer

    def answer(self, row: Row) -> tuple[Answer, list[str]]:
        """The answer to one raw row, and the columns whose cell holds something that cannot be read."""
        values = self._values(row)
        results = self._one(values)
        self._check(results, 0)
        cells = [cell for result in results for cell in result[0].tolist()]
        unread = [
            name
            for name, column in self._fallible
            if (value := values[name]) != value and is_unread(column, cell_of(column, row))  # NaN is not itself
        ]
        return self._typed(dict(zip(self.columns, cells, strict=True))), unread

    def score(self, rows: Iterable[Row], unread: OnUnread = "refuse") -> Iterator[Answer]:
        """The answers to many raw rows, in their order, computed in chunks.

        At their end it warns of cells that could not be read; ScoreError where that is a whole column of some length,
        unless `unread` is "empty".
        """
        found: Unread = {}
        for number, chunk in enumerate(chunks(rows, self.chunk_rows)):
            answers, more = self.counted(chunk, number * self.chunk_rows)
            found = added(found, more)
            yield from self._answers(answers)
        check_unread(found, unread)
        warn(listed(told(found)))

    def answer_all(self, rows: Sequence[Row]) -> tuple[list[Answer], Unread]:
        """The same at once and without a word: how many cells could not be read comes back."""
        parts = [
            self.counted(chunk, place * self.chunk_rows) for place, chunk in enumerate(chunks(rows, self.chunk_rows))
        ]
        return [row for answers, _ in parts for row in self._answers(answers)], added(*(found for _, found in parts))

    def answers(self, rows: Sequence[Row], first: int = 0) -> list[list[Cell]]:
        """The output columns for one chunk of raw rows, from row `first` on; a decision is text here."""
        return self.counted(rows, first)[0]

    def counted(self, rows: Sequence[Row], first: int = 0) -> tuple[list[list[Cell]], Unread]:
        """The same, and of each column how many cells could not be read."""
        columns = self.columns_of(rows)
        return [column.tolist() for column in self._run(columns, first)], self._unread(rows, columns)

    def columns_of(self, rows: Sequence[Row]) -> dict[str, Array]:
        """What the graph takes of raw rows: its columns [n] in wire types."""
        return self._columns(self._all(rows), {name: kind for _, name, kind in self.inputs})

    def unread(self, rows: Sequence[Row]) -> Unread:
        """Of each column, how many cells of the raw rows cannot be read; nothing is scored."""
        return self._unread(rows, self._columns([self._cells(row) for row in rows], {}))

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
        return self._cells(row)

    def _all(self, rows: Sequence[Row]) -> list[Values]:
        """The same for many."""
        return [self._cells(row) for row in rows]

    def _cells(self, row: Row) -> Values:
        """Every column that is read of the row itself."""
        return self._read(self.reader, row)

    def _columns(self, read: Sequence[Values], kinds: Mapping[str, type]) -> dict[str, Array]:
        """The columns of `kinds`, and all that may hold what cannot be read."""
        asked = {**dict.fromkeys((name for name, _ in self._fallible), float), **kinds}
        return {name: np.array([values[name] for values in read], dtype=kind) for name, kind in asked.items()}

    def _unread(self, rows: Sequence[Row], columns: Mapping[str, Array]) -> Unread:
        found = {}
        for name, column in self._fallible:
            gaps = np.flatnonzero(np.isnan(columns[name]))
            found[name] = tally(column, len(rows), (cell_of(column, rows[gap]) for gap in gaps.tolist()))
        return found

    def _read(self, reader: Reader, row: Row) -> Values:
        try:
            return read_row(reader, row)
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

    def _answers(self, columns: Sequence[Sequence[Cell]]) -> Iterator[Answer]:
        """Rows of output columns."""
        for cells in zip(*columns, strict=True):
            yield self._typed(dict(zip(self.columns, cells, strict=True)))

    def _typed(self, answer: Answer) -> Answer:
        if self.decisions:
            answer["decision"] = self.decisions[answer["decision"]]
        return answer


def _undecided(decisions: Array) -> Array:
    """Which rows have no decision: no text, and where numbers are decided, no number."""
    return np.asarray(decisions == "" if decisions.dtype == object else np.isnan(decisions))


def check_unread(found: Unread, on_unread: OnUnread, where: str = "") -> None:
    """Refuse data of whose columns one cannot be read at all, unless such a one is to count as missing."""
    if on_unread == "refuse" and (wholly := refusal(found)):
        raise ScoreError(f"{where}{wholly}\n  {MEND}")


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
        raise ChangedError(f"{folder}: manifest.json is not the one that was written")
    manifest: Document = json.loads(text)
    if manifest["protocol"] != PROTOCOL:
        raise ChangedError(f"{folder}: the bundle has protocol {manifest['protocol']}, this file reads {PROTOCOL}")
    return manifest


def checked(folder: Path, manifest: Document, name: str) -> bytes:
    """The bytes of a file of the bundle; ChangedError where they are not those that were written."""
    content = (folder / name).read_bytes()
    if hashlib.sha256(content).hexdigest() != manifest["files"].get(name):
        raise ChangedError(f"{folder}: {name} is not the one that was written")
    return content


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
