"""Score raw rows with a bundle: the heart of `automl.Bundle`, and with the reader in front the text of score.py."""

import argparse
import csv
import ctypes
import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import onnxruntime

from automl.data.read.reader import BLANKS, CsvDialect, Reader, read_row

PROTOCOL = 1

NAMED = 5  # rows that an error names

T = TypeVar("T")
Array = np.ndarray[Any, Any]


class ScoreError(ValueError):
    """A row cannot be scored, or the bundle is not the one that was written."""


class Scorer:
    """The bundle in `folder`, opened once: `decide` one raw row, `score` many. Threads may share it.

    `manifest`, where given, is the bundle's own, checked and of the protocol that this file reads.
    """

    def __init__(self, folder: str | os.PathLike[str], manifest: dict[str, Any] | None = None) -> None:
        self.manifest = _manifest(Path(folder)) if manifest is None else manifest
        model = _model(Path(folder), self.manifest)
        self.reader: Reader = self.manifest["reader"]
        self.keys: list[str] = self.manifest["keys"]
        self.chunk_rows: int = self.manifest["chunk_rows"]
        self.columns = [column for output in self.manifest["outputs"] for column in output["columns"]]
        entries = [column for column in self.reader["columns"] if not column.get("optional")]
        self.needed = list(dict.fromkeys(name for c in entries for name in c.get("parts", (c["name"],))))
        self.decisions = _decision_values(self.manifest)
        self._texts = {
            name for output in self.manifest["outputs"] if output["wire"] == "text" for name in output["columns"]
        }
        self._outputs = [output["name"] for output in self.manifest["outputs"]]
        self._session = _session(model)
        self.inputs = _inputs(self._session)
        self._numbers = [(given, name) for given, name, kind in self.inputs if kind is float]
        self._words = [(given, name) for given, name, kind in self.inputs if kind is not float]
        self._graph = getattr(self._session, "_sess", self._session)  # its wrapper finds each input in a list of all

    def decide(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to one raw row: probabilities or prediction with interval, decision, expected cost, by column."""
        results = self._one(self._values(row))
        self._check(results, 0)
        cells = [cell for result in results for cell in result[0].tolist()]
        return self._typed(dict(zip(self.columns, cells, strict=True)))

    def score(self, rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
        """The answers to many raw rows, in their order, computed in chunks."""
        for number, chunk in enumerate(chunks(rows, self.chunk_rows)):
            for cells in zip(*self.answers(chunk, number * self.chunk_rows), strict=True):
                yield self._typed(dict(zip(self.columns, cells, strict=True)))

    def answers(self, rows: Sequence[Mapping[str, Any]], first: int = 0) -> list[list[Any]]:
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

    def _one(self, values: Mapping[str, Any]) -> list[Array]:
        """One row through the graph; all numbers become arrays at once, which is most of what a row costs."""
        numbers = np.array([values[name] for _, name in self._numbers], dtype=float).reshape(-1, 1, 1)
        feeds: dict[str, Array] = {given: number for (given, _), number in zip(self._numbers, numbers, strict=True)}
        for given, name in self._words:
            feeds[given] = np.array([[values[name]]], dtype=object)
        results: list[Array] = self._graph.run(self._outputs, feeds, None)
        return results

    def _values(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Everything the graph may take from one raw row."""
        return self._read(row)

    def _all(self, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The same for many."""
        return [self._read(row) for row in rows]

    def _read(self, row: Mapping[str, Any]) -> dict[str, Any]:
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

    def _typed(self, answer: dict[str, Any]) -> dict[str, Any]:
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


def written(cell: Any) -> str:
    """A cell as every CSV of ours has it: numbers in the shortest form that reads back to the same number."""
    if cell is None:
        return ""
    return repr(cell) if isinstance(cell, float) else str(cell)


def _manifest(folder: Path) -> dict[str, Any]:
    text = (folder / "manifest.json").read_bytes()
    if (folder / "manifest.sha256").read_bytes() != seal(text):
        raise ScoreError(f"{folder}: manifest.json is not the one that was written")
    manifest: dict[str, Any] = json.loads(text)
    if manifest["protocol"] != PROTOCOL:
        raise ScoreError(f"{folder}: the bundle has protocol {manifest['protocol']}, this file reads {PROTOCOL}")
    return manifest


def _model(folder: Path, manifest: Mapping[str, Any]) -> bytes:
    model = (folder / "model.onnx").read_bytes()
    if hashlib.sha256(model).hexdigest() != manifest["files"]["model.onnx"]:
        raise ScoreError(f"{folder}: model.onnx is not the one that was written")
    return model


def seal(manifest: bytes) -> bytes:
    """What manifest.sha256 holds: the format of `sha256sum`."""
    return f"{hashlib.sha256(manifest).hexdigest()}  manifest.json\n".encode()


def _decision_values(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Decisions by their text in the target's own type, where they are labels and no names of actions (D21)."""
    target = manifest["target"]
    values = dict(zip(target["texts"], target["values"], strict=True))
    decisions = manifest["decisions"]
    return {text: values[text] for text in decisions} if set(decisions) <= values.keys() else {}


def _session(model: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)  # reading a large graph leaves as much memory free, but not given back, as it holds
    return session


def _inputs(session: onnxruntime.InferenceSession) -> list[tuple[str, str, type]]:
    """Each input's name in the graph, the column it takes, and the type of its cells."""
    columns = json.loads(session.get_modelmeta().custom_metadata_map["inputs"])
    return [
        (entry.name, column, object if entry.type == "tensor(string)" else float)
        for entry, column in zip(session.get_inputs(), columns, strict=True)
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Score a CSV file beside the bundle that this file lies in."""
    parser = argparse.ArgumentParser(description="Score the raw rows of a CSV file with this bundle.")
    parser.add_argument("data", type=Path, help="the CSV file, with a header")
    parser.add_argument("-o", "--out", type=Path, required=True, help="the CSV file to write")
    parser.add_argument(
        "--bundle", type=Path, default=Path(__file__).resolve().parent, help="default: beside this file"
    )
    parser.add_argument("--costs", type=Path, help="the CSV cost file of these rows, if the spec names one")
    chosen = parser.parse_args(arguments)
    try:
        score_file(Scorer(chosen.bundle), chosen.data, chosen.out, chosen.costs)
    except (ScoreError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def score_file(scorer: Scorer, data: Path, out: Path, costs: Path | None = None) -> None:
    """Write the key columns and the answers of each row of `data` to `out`, which appears only when it is whole.

    `costs` is the cost file of these rows, where the spec names one; without it the spec says what stands in.
    """
    partial = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        with partial.open("w", encoding="utf-8", newline="") as target:
            writer = csv.writer(target, lineterminator="\n")
            dialect: CsvDialect | None = scorer.manifest["dialect"]
            lines = read_csv(data, dialect or {})
            header = next(lines)
            keys = [key for key in scorer.keys if key in header]
            writer.writerow(keys + scorer.columns)
            rows = (dict(zip(header, cells, strict=True)) for cells in lines)
            whole = rows if costs is None else priced(rows, costs, scorer)
            for number, chunk in enumerate(chunks(whole, scorer.chunk_rows)):
                answers = scorer.answers(chunk, number * scorer.chunk_rows)
                for row, cells in zip(chunk, zip(*answers, strict=True), strict=True):
                    writer.writerow([row[key] for key in keys] + [written(cell) for cell in cells])
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)


def priced(rows: Iterator[dict[str, str]], costs: Path, scorer: Scorer) -> Iterator[dict[str, str]]:
    """The rows with the columns of their cost file, by row order or by key; a key that is not there has no cost."""
    by = (scorer.manifest["spec"]["objective"].get("costs") or {}).get("by")
    names = [column["name"] for column in scorer.reader["columns"] if column.get("optional")]
    lines = read_csv(costs, {})
    header = next(lines)
    lacking = [name for name in names if name not in header]
    if not names or by is None or lacking:
        raise ScoreError(f"{costs}: {missing_columns(lacking) if lacking else 'the bundle reads no cost file'}")
    amounts = (dict(zip(header, cells, strict=True)) for cells in lines)
    if by == "row order":
        for row, amount in zip_longest(rows, amounts):
            if row is None or amount is None:
                raise ScoreError(f"{costs}: in row order there is one row of costs for each row of the data")
            yield row | {name: amount[name] for name in names}
    else:
        table = {one_spelling(amount.get(by, "")): amount for amount in amounts}
        for row in rows:
            amount = table.get(one_spelling(row.get(by, "")), {})
            yield row | {name: amount.get(name, "") for name in names}


def one_spelling(key: str) -> str:
    """A key as text: "2" and "2.0" are one."""
    text = key.strip(BLANKS)
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number.is_integer() else repr(number)


def read_csv(path: Path, dialect: CsvDialect) -> Iterator[list[str]]:
    """The header of a CSV file, then its rows, every cell as text."""
    csv.field_size_limit(2**28)  # characters: a larger cell is an error, not a document
    with path.open(encoding=dialect.get("encoding", "utf-8"), newline="") as file:
        lines = csv.reader(
            file,
            delimiter=dialect.get("separator", ","),
            quotechar=dialect.get("quote", '"'),
            skipinitialspace=dialect.get("skip_blank", False),
        )
        header = [cell.strip(BLANKS) or "column_1" for cell in next(lines, [])]
        yield header
        for cells in lines:
            if len(cells) == len(header):
                yield cells
            elif cells:
                raise ScoreError(f"{path}: line {lines.line_num} has {len(cells)} values, the header {len(header)}")


if __name__ == "__main__":
    sys.exit(main())
