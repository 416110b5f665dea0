"""An opened bundle: every hash was checked before a parser saw a byte, and any frame or row is scored."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import JsonValue

from automl.bundle.explaining import SECONDS, explainer_of, explanations
from automl.bundle.files import Files
from automl.bundle.frames import Frame, answered, as_table, like, to_polars
from automl.bundle.margins import Margin
from automl.bundle.opening import Taken, bundle_errors, take
from automl.bundle.origin import Origin
from automl.bundle.profile import read_profile
from automl.bundle.ranking import Ranking
from automl.bundle.scorer import Answer, Array, Cell, Row, ScoreError, Scorer, missing_columns
from automl.bundle.tables import TableScorer
from automl.bundle.unlike import unlike, warn_of
from automl.bundle.unread import accepted, lacking_hint
from automl.data.read.column_reader import Reader
from automl.data.read.table_rows import RelationalDocument
from automl.data.read.unread import OnUnread, Unread, unreadable, warn
from automl.errors import BundleError, DataError
from automl.explain.explain import Explainer
from automl.explain.explanation import Explanations
from automl.features.relational.definition import Catalog
from automl.names import inside, outside
from automl.shown import Shown

if TYPE_CHECKING:
    from automl.monitor.look import Watched


class Bundle(Shown):
    """A checked bundle: `predict` scores frames, `decide` one row; threads and tasks of an event loop may share it."""

    def __init__(self, files: Files, scorer: Scorer, origin: Origin) -> None:
        self.path = files.folder
        self.manifest = files.manifest
        self.files = files
        self._scorer = scorer
        self._origin = origin
        self.ranking = Ranking.of(files.manifest)

    def __reduce__(self) -> tuple[Callable[..., Bundle], tuple[object, ...]]:
        """Pickled by its place, its seal and the tables that it was given."""
        return reopened, (self._origin.path, self.files.seal, self._origin.tables)

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        tables: Mapping[str, object] | None = None,
        require_signature: str | os.PathLike[str] | None = None,
    ) -> Bundle:
        """The bundle in the folder or zip `path`; raises `BundleError` where a file is not the one that was written.

        A zip is unpacked to a temporary folder that lives as long as the bundle. `tables` are the other tables, read
        once and held: frames, files or lists of raw rows by name (``main`` are past rows of the main table). A bundle
        may be pickled; in a fork it answers single rows only.

        `require_signature` is the file of a public key, whose owner must have signed the bundle. One that is neither
        signed so nor written by a fit of this user is first tried in a process of its own, which takes a third of a
        second or more.
        """
        key = None if require_signature is None else Path(require_signature)
        with bundle_errors("opened", Path(path)):
            taken = take(Path(path), require_signature=key)
            if not taken.files.is_trusted:
                taken.try_out()
            bundle = cls.of(taken)
        return bundle if tables is None else bundle.given(tables)

    @classmethod
    def of(cls, taken: Taken, scorer: Scorer | None = None) -> Bundle:
        """The bundle that was taken from the disk, opened in this process: a stranger's has to be tried before."""
        return cls(taken.files, scorer or taken.open(), Origin.here(taken.path, taken.scratch))

    def given(self, tables: Mapping[str, object]) -> Bundle:
        """The bundle with other tables at hand, in place of those it had; what it does not read is not looked at.

        `DataError` for tables that it lacks.
        """
        held = {name: as_table(rows) if name in self.tables else () for name, rows in tables.items()}
        return Bundle(self.files, self._scorer.given(held), replace(self._origin, tables=held))

    @property
    def spec(self) -> dict[str, JsonValue]:
        """The resolved spec that the bundle was made from."""
        return self.manifest.whole_spec

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

    def predict(
        self, frame: Frame, tables: Mapping[str, object] | None = None, *, unread: OnUnread = "refuse"
    ) -> Frame:
        """Score raw rows of a polars, pandas or arrow frame; the same kind comes back, rows in the same order.

        The frame's key columns come first, then `columns`. A decision that is a label has the target's own type.
        Columns are found by name; further ones are ignored; missing ones are a `DataError` that names them. Where the
        spec has a capacity the frame is one batch: its rows are ranked, and the best of them get the room.
        Where the bundle was made of several tables, `tables` are the others, by name, as in `load`.

        Cells that hold something and cannot be read count as missing, with an `UnreadWarning`; where that is a whole
        column of 20 filled cells or more, a `DataError`, unless `unread` is "empty". A column unlike the one of
        training (other levels in a fifth of its cells, no value at all, most numbers far out) is told by an
        `UnlikeTrainingWarning`.
        """
        model = self if tables is None else self.given(tables)
        raw = to_polars(frame)
        scored, found = model.counted(raw, typed=self.ranking is None)
        warn(accepted(found, unread))
        warn_of(unlike(self.manifest.reader, self.margins, raw))
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
        warn(accepted(found, unread))
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
        frame, columns, unread = self.inputs_of(frame)
        found = self.answers_of(columns, frame.height, first)
        keys = [frame[inside(key)].alias(key) for key in self.manifest.keys if inside(key) in frame.columns]
        return pl.DataFrame(keys + [self._series(name, cells, typed=typed) for name, cells in found.items()]), unread

    def explain(
        self,
        frame: object,
        tables: Mapping[str, object] | None = None,
        *,
        unread: OnUnread = "refuse",
        seconds: float = SECONDS,
        first: int = 1,
        check: Callable[[], object] | None = None,
    ) -> Explanations:
        """Why each raw row of a polars, pandas or arrow frame is answered as it is; rows are numbered from `first` on.

        Marginal Shapley values of score and money for each raw column, against the synthetic background of the bundle,
        and the smallest change that is decided otherwise: see `automl.explain`. A row takes thousands of rows of the
        graph, and at most about `seconds`; the standard error that was reached is in it. A few hundred rows of the
        graph it takes in any case; `check` is called before each call of it, and what it raises ends all. `tables` and
        `unread` are as in `predict`; each row is decided on its own, never ranked as a batch.
        """
        model = self if tables is None else self.given(tables)
        raw, columns, found = model.inputs_of(to_polars(frame))
        warn(accepted(found, unread))
        rows = raw.rows(named=True)
        explainer = model.explainer if check is None else model.explainer.watched(check)
        return explanations(explainer, model._scorer, rows, columns, seconds=seconds, first=first)  # noqa: SLF001  # as above

    def monitor(
        self,
        frame: object,
        *,
        labels: object | None = None,
        since: str | None = None,
        window: str | None = None,
        state: str | os.PathLike[str] | None = None,
    ) -> Watched:
        """How it stands with the bundle at work: what `automl monitor` finds in the raw rows that it was asked about.

        `labels` are a frame of the spec's keys and the target; without it the rows' own target counts. `since` (a day
        or a moment in UTC) leaves out earlier rows, `window` (``7d``) overrules the spec's; in the file `state` a watch
        remembers how far it got. Raises `DataError` for rows, labels or a state that belong to something else.
        """
        from automl.monitor.run import run

        return run(self, frame, labels=labels, since=since, window=window, state=state)

    @cached_property
    def margins(self) -> Mapping[str, Margin]:
        """How the columns that the graph reads were distributed in training; nothing where the bundle does not say."""
        with suppress(BundleError):
            return read_profile(self.files).columns
        return {}

    @cached_property
    def explainer(self) -> Explainer:
        """What `explain` asks: the game over the graph, its background, what may change."""
        return explainer_of(self._scorer, read_profile(self.files).shown(), self.files.read)

    def answers_of(self, columns: Mapping[str, Array], rows: int, first: int = 0) -> dict[str, Array]:
        """The output columns [rows] for `columns` [rows] as `inputs_of` gives them; decisions are text."""
        try:
            return self._scorer.run(columns, rows, first)
        except ScoreError as error:
            raise DataError(str(error), hint="Give the costs that these rows lack.") from error

    def inputs_of(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, Array], Unread]:
        """The raw frame, the columns that the graph takes of it, and how many cells of it could not be read."""
        from automl.data.read.frames import read_frame, renamed, side_by_side, tallies

        self._origin.check_process()
        if not frame.width:  # nothing to score, and no column that is told to lack
            frame = pl.DataFrame(schema=dict.fromkeys(map(inside, self.needed), pl.String))
        frame = renamed(frame)
        if lacking := [name for name in self.needed if inside(name) not in frame.columns]:
            raise DataError(
                missing_columns(lacking), hint=lacking_hint(lacking, map(outside, frame.columns), self.needed)
            )
        wire = read_frame(self.manifest.reader, frame)
        unread: Unread = tallies(self.manifest.reader, frame, wire)
        if isinstance(self._scorer, TableScorer):
            main = read_frame(self._scorer.main, frame)
            unread = {**tallies(self._scorer.main, frame, main), **unread}
            wire = side_by_side(wire, self._scorer.computed(main))
        return frame, {name: np.asarray(wire[name].to_numpy()) for _, name, _ in self._scorer.inputs}, unread

    def decided(self, scored: pl.DataFrame, codes: NDArray[np.int64], *, typed: bool = True) -> pl.DataFrame:
        """Rows scored as text, with the decisions of a ranking, and what those are expected to cost."""
        assert self.ranking is not None  # noqa: S101  # nobody else has codes
        texts = np.array(self.ranking.actions, dtype=object)[codes]
        cost = np.take_along_axis(self.ranking.costs(scored), codes[:, None], axis=1)[:, 0]
        again = [self._series("decision", texts, typed=typed), pl.Series("expected_cost", cost, dtype=pl.Float64)]
        return scored.with_columns(again)

    def _series(self, name: str, values: Array, *, typed: bool) -> pl.Series:
        return answered(name, values, self._scorer.decisions if typed else {}, self.manifest.target.dtype)


def reopened(path: Path, seal: bytes, tables: Mapping[str, object] | None) -> Bundle:
    """The bundle that another process has open, as it lies at its place; `BundleError` where another one lies there."""
    with bundle_errors("opened", path):
        taken = take(path)
        if taken.files.seal != seal:
            raise BundleError(
                "this is not the bundle that was pickled", where=str(path), hint="Load it anew, and pickle that."
            )
        bundle = Bundle.of(taken)
    return bundle if tables is None else bundle.given(tables)
