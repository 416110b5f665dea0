"""Opening a bundle: every hash is checked before a parser sees a byte, then any frame or row is scored."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import JsonValue, ValidationError

from automl.bundle.archive import Scratch, is_archive
from automl.bundle.content_hash import content_hash
from automl.bundle.frames import as_table, like, to_polars
from automl.bundle.layout import MANIFEST, SEAL, SIGNATURE, is_file
from automl.bundle.manifest import Manifest
from automl.bundle.origin import Origin
from automl.bundle.protocols import upgraded
from automl.bundle.ranking import Ranking
from automl.bundle.scorer import Answer, Array, Cell, Row, ScoreError, Scorer, missing_columns, seal
from automl.bundle.tables import TableScorer, given, open_scorer
from automl.bundle.unread import check_unread
from automl.data.read.column_reader import Reader
from automl.data.read.typed_tables import RelationalDocument
from automl.data.read.unread import OnUnread, Unread, listed, told, unreadable, warn
from automl.errors import AutomlError, BundleError, DataError
from automl.features.relational.definition import Catalog
from automl.graph.audit import audit
from automl.names import inside, outside

_TYPES = {"str": pl.String, "int": pl.Int64, "float": pl.Float64, "bool": pl.Boolean}
_LARGEST = 64 * 2**20  # of a manifest: more is an attack, not a model


class Bundle:
    """A bundle that passed its check. `predict` scores frames, `decide` one row."""

    def __init__(self, path: Path, manifest: Manifest, scorer: Scorer, origin: Origin) -> None:
        self.path = path
        self.manifest = manifest
        self._scorer = scorer
        self._origin = origin
        self.ranking = Ranking.of(manifest)

    def __reduce__(self) -> tuple[Callable[..., Bundle], tuple[object, ...]]:
        """Pickled by its place, its seal and the tables that it was given."""
        return reopened, (self._origin.path, self._origin.seal, self._origin.tables)

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, tables: Mapping[str, object] | None = None) -> Bundle:
        """The bundle in the folder or zip `path`; raises `BundleError` where a file is not the one that was written.

        A zip is unpacked to a temporary folder that lives as long as the bundle. `tables` are the other tables, read
        once and held: frames, files or lists of raw rows by name (``main`` are past rows of the main table). A bundle
        may be pickled; in a fork it answers single rows only.
        """
        scratch = Scratch(Path(path)) if is_archive(Path(path)) else None
        folder = scratch.folder if scratch else Path(path)
        try:
            manifest = read_manifest(folder)
            check_files(folder, manifest)
            audit(read_file(folder, "model.onnx"))
            scorer = open_scorer(folder, manifest=manifest.model_dump(mode="json"))
            bundle = cls(folder, manifest, scorer, Origin.here(Path(path), read_file(folder, SEAL), scratch))
        except AutomlError:
            raise
        except Exception as error:  # ONNX Runtime has its own family of errors; a manifest can lack anything
            raise BundleError(f"the bundle cannot be opened: {error}", where=str(folder)) from error
        return bundle if tables is None else bundle.given(tables)

    def given(self, tables: Mapping[str, object]) -> Bundle:
        """The bundle with other tables at hand, in place of those it had; `DataError` for what it does not read."""
        held = {name: as_table(rows) for name, rows in tables.items()}
        return Bundle(self.path, self.manifest, given(self._scorer, held), replace(self._origin, tables=held))

    @property
    def spec(self) -> dict[str, JsonValue]:
        """The resolved spec that the bundle was made from."""
        return self.manifest.spec

    @property
    def needed(self) -> list[str]:
        """The raw columns that are read."""
        return list(self._scorer.needed)

    @property
    def tables(self) -> list[str]:
        """The other tables that are read, by name; ``main`` are past rows of the main table."""
        return list(self._scorer.tables) if isinstance(self._scorer, TableScorer) else []

    @property
    def table_readers(self) -> dict[str, Reader]:
        """The reader of each of those tables, by name: the columns of it that are read."""
        return {name: table["reader"] for name, table in (self.relational["tables"] if self.relational else {}).items()}

    @property
    def relational(self) -> RelationalDocument | None:
        """relational.json, None for one table."""
        return self._scorer.document if isinstance(self._scorer, TableScorer) else None

    @property
    def catalog(self) -> Catalog | None:
        """How those tables hang together; None for one table."""
        return self._scorer.definitions.catalog if isinstance(self._scorer, TableScorer) else None

    @property
    def decisions(self) -> list[Cell]:
        """What a decision can be, as it is answered; nothing where numbers are decided."""
        return [self._scorer.decisions.get(text, text) for text in self.manifest.decisions]

    @property
    def optional(self) -> list[str]:
        """The columns of the cost file: read where they are given."""
        return [outside(entry["name"]) for entry in self.manifest.reader["columns"] if entry.get("optional")]

    @property
    def columns(self) -> list[str]:
        """The output columns: probabilities or prediction, decision, expected cost."""
        return list(self._scorer.columns)

    def predict(self, frame: object, tables: Mapping[str, object] | None = None, *, unread: OnUnread = "refuse") -> Any:
        """Score raw rows of a polars, pandas or arrow frame; the same kind comes back, rows in the same order.

        The frame's key columns come first, then `columns`. A decision that is a label has the target's own type.
        Columns are found by name; further ones are ignored; missing ones are a `DataError` that names them. Where the
        spec has a capacity the frame is one batch: its rows are ranked, and the best of them get the room.
        Where the bundle was made of several tables, `tables` are the others, by name, as in `load`.

        Cells that hold something and cannot be read count as missing, with an `UnreadWarning`; where that is a whole
        column of 20 filled cells or more, a `DataError`, unless `unread` is "empty".
        """
        model = self if tables is None else self.given(tables)
        raw = to_polars(frame)
        scored, found = model.counted(raw, typed=self.ranking is None)
        check_unread(found, unread)
        warn(listed(told(found)))
        if self.ranking is None:
            return like(scored, frame)
        codes = self.ranking.decide(self.ranking.costs(scored), scored["decision"].to_list(), self.ranking.times(raw))
        return like(self.decided(scored, codes), frame)

    def decide(self, row: Row) -> Answer:
        """The answer to one raw row, by output column: to the last digit what `predict` says of the row.

        But for a capacity: `predict` ranks the rows of a batch, one row is decided by the price of the room. Raises
        `DataError` where the row lacks a column that is read, warns where a cell holds something and cannot be read.
        """
        answer, unread = self.answer(row)
        warn(unreadable(unread))
        return answer

    def answer(self, row: Row) -> tuple[Answer, list[str]]:
        """The answer to one raw row, and the columns whose cell holds something that cannot be read."""
        try:
            return self._scorer.answer(row)
        except ScoreError as error:
            raise DataError(str(error)) from error

    def decide_all(self, rows: Sequence[Row], *, unread: OnUnread = "refuse") -> list[Answer]:
        """The answers to many raw rows, each decided on its own, never ranked as a batch; `unread` as `predict`."""
        answers, found = self.answer_all(rows)
        check_unread(found, unread)
        warn(listed(told(found)))
        return answers

    def answer_all(self, rows: Sequence[Row]) -> tuple[list[Answer], Unread]:
        """The same without a word, and of each column how many cells could not be read."""
        try:
            return self._scorer.answer_all(rows)
        except ScoreError as error:
            raise DataError(str(error)) from error

    def unread(self, rows: Sequence[Row]) -> Unread:
        """Of each column, how many cells of raw rows cannot be read; nothing is scored."""
        return self._scorer.unread(rows)

    def score(self, frame: pl.DataFrame, *, typed: bool = True, first: int = 0) -> pl.DataFrame:
        """As `predict`, for polars; where not `typed`, decisions are text. `first` rows came before these."""
        return self.counted(frame, typed=typed, first=first)[0]

    def counted(self, frame: pl.DataFrame, *, typed: bool = True, first: int = 0) -> tuple[pl.DataFrame, Unread]:
        """The same, and of each column how many cells could not be read."""
        from automl.data.read.frames import read_frame, renamed, side_by_side, tallies

        self._origin.check_process()
        if not frame.width:  # nothing to score, and no column that is told to lack
            frame = pl.DataFrame(schema=dict.fromkeys(map(inside, self.needed), pl.String))
        frame = renamed(frame)
        if lacking := [name for name in self.needed if inside(name) not in frame.columns]:
            raise DataError(missing_columns(lacking), hint="Give the columns that the model was trained on.")
        wire = read_frame(self.manifest.reader, frame)
        unread: Unread = tallies(self.manifest.reader, frame, wire)
        if isinstance(self._scorer, TableScorer):
            main = read_frame(self._scorer.main, frame)
            unread = {**tallies(self._scorer.main, frame, main), **unread}
            wire = side_by_side(wire, self._scorer.computed(main))
        columns = {name: _array(wire[name]) for _, name, _ in self._scorer.inputs}
        try:
            found = self._scorer.run(columns, frame.height, first)
        except ScoreError as error:
            raise DataError(str(error), hint="Give the costs that these rows lack.") from error
        keys = [frame[inside(key)].alias(key) for key in self.manifest.keys if inside(key) in frame.columns]
        return pl.DataFrame(keys + [self._series(name, cells, typed=typed) for name, cells in found.items()]), unread

    def decided(self, scored: pl.DataFrame, codes: NDArray[np.int64], *, typed: bool = True) -> pl.DataFrame:
        """Rows scored as text, with the decisions of a ranking, and what those are expected to cost."""
        assert self.ranking is not None  # noqa: S101  # nobody else has codes
        texts = np.array(self.ranking.actions, dtype=object)[codes]
        cost = np.take_along_axis(self.ranking.costs(scored), codes[:, None], axis=1)[:, 0]
        again = [self._series("decision", texts, typed=typed), pl.Series("expected_cost", cost, dtype=pl.Float64)]
        return scored.with_columns(again)

    def _series(self, name: str, values: Array, *, typed: bool) -> pl.Series:
        if values.dtype != object:  # a decision about a number is one
            return pl.Series(name, values, dtype=pl.Float64)
        labels = self._scorer.decisions if typed else {}
        dtype = _TYPES[self.manifest.target.dtype] if labels else pl.String
        return pl.Series(name, [labels.get(text, text) for text in values], dtype=dtype)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a bundle; its seal and its protocol are checked first, and that its content hash is its own."""
    if not folder.exists():
        raise BundleError("there is no such bundle", where=str(folder), hint="`automl fit SPEC` writes one")
    if not (folder / MANIFEST).exists():
        raise BundleError("this is no bundle: a bundle is a folder with a manifest.json", where=str(folder))
    text = read_file(folder, MANIFEST)
    if read_file(folder, SEAL) != seal(text):
        raise _changed(folder, MANIFEST)
    try:
        written = json.loads(text)
        manifest = Manifest.model_validate(upgraded(written, where=str(folder / MANIFEST)))
        found = content_hash(written)
    except (ValueError, KeyError, ValidationError, RecursionError) as error:
        raise BundleError(f"the manifest cannot be read: {error}", where=str(folder / MANIFEST)) from error
    if found != manifest.content_hash:
        raise BundleError("the content hash is not that of the content", where=str(folder / MANIFEST))
    return manifest


def check_files(folder: Path, manifest: Manifest) -> None:
    """Every file that the manifest names is there, is a plain file inside the folder, and has its hash."""
    if "model.onnx" not in manifest.files:
        raise BundleError("the manifest names no model.onnx", where=str(folder))
    for name, digest in manifest.files.items():
        if not is_file(name):
            raise BundleError(f"the manifest names a file that no bundle has: {name!r}", where=str(folder))
        if hashlib.sha256(read_file(folder, name)).hexdigest() != digest:
            raise _changed(folder, name)


def reopened(path: Path, seal: bytes, tables: Mapping[str, object] | None) -> Bundle:
    """The bundle that was pickled, as it lies at its place; `BundleError` where another one lies there now."""
    bundle = Bundle.load(path, tables=tables)
    if read_file(bundle.path, SEAL) != seal:
        raise BundleError(
            "this is not the bundle that was pickled", where=str(path), hint="Load it anew, and pickle that."
        )
    return bundle


def names_of(folder: Path, manifest: Manifest) -> list[str]:
    """All files of a bundle: those that the manifest names, itself, its seal, and the signature where there is one."""
    signed = [SIGNATURE] if (folder / SIGNATURE).exists() else []
    return [*manifest.files, MANIFEST, SEAL, *signed]


def read_file(folder: Path, name: str) -> bytes:
    """The bytes of a plain file of the bundle; links and devices are refused."""
    path = folder
    try:
        for part in name.split("/"):
            path = path / part
            if stat.S_ISLNK(path.lstat().st_mode):
                raise BundleError("a link stands where a bundle has a file", where=str(path))
        if not stat.S_ISREG(path.lstat().st_mode):
            raise BundleError("this is no plain file", where=str(path))
        if name in {MANIFEST, SEAL, SIGNATURE} and path.stat().st_size > _LARGEST:
            raise BundleError("the file is too large for what it is", where=str(path))
        return path.read_bytes()
    except OSError as error:
        raise BundleError(f"a file of the bundle cannot be read: {error.strerror}", where=str(path)) from error


def _changed(folder: Path, name: str) -> BundleError:
    return BundleError(
        "the file is not the one that was written",
        where=str(folder / name),
        hint="Copy the bundle again, or fit again.",
    )


def _array(values: pl.Series) -> Array:
    array: Array = values.to_numpy()
    return array
