"""The bundle that a worker answers with: opened and replayed whole before it takes the place of the one before."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from automl.bundle.read import Bundle
from automl.bundle.scorer import Answer
from automl.bundle.unread import check_unread
from automl.bundle.verify import verified
from automl.data.read.unread import Unread
from automl.deploy.serve import arrow
from automl.deploy.serve.describe import example_of, known_columns, openapi, schema
from automl.deploy.serve.nested import below, cost_of, has_nested, unnest
from automl.deploy.serve.refusal import Refusal, gone_away
from automl.deploy.serve.rows import Row, check_columns, read_rows, work_of
from automl.deploy.serve.settings import Settings
from automl.errors import AutomlError

LONGEST_KEY = 1_000  # characters: a key comes back in the answer, and nobody's key is a document
PARSED = 1_000_000  # values of a body that are parsed whatever the limit of cells: commas may stand in texts
WRITER = json.JSONEncoder(allow_nan=False, separators=(",", ":"))  # one for all: making it takes as long as a row
HASH = 12  # signs of a content hash that people compare


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The body of an answer, its number of rows, what could not be read of their columns, and both as they can be kept.

    `raw` and `answers` are lists of rows, or frames where the body is a stream.
    """

    content: bytes
    rows: int
    unread: Unread
    raw: Sequence[Row] | pl.DataFrame
    answers: Sequence[Answer] | pl.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One opened bundle with all that is said of it. A request is answered by one of them from begin to end."""

    bundle: Bundle
    settings: Settings
    tables: Mapping[str, object]
    known: set[str]
    schema: dict[str, object]
    openapi: dict[str, object]

    @classmethod
    def open(cls, path: Path, settings: Settings) -> Model:
        """The bundle at `path`, every hash checked and its golden rows replayed; `AutomlError` where it fails."""
        bundle = verified(path, require_signature=Path(settings.key) if settings.key else None)
        tables = {}
        if settings.tables:
            from automl.data.read.open_tables import open_table

            tables = {name: open_table(file).frame for name, file in settings.tables.items() if name in bundle.tables}
            bundle = bundle.given(tables)
        example = example_of(bundle)
        model = cls(
            bundle=bundle,
            settings=settings,
            tables=tables,
            known=known_columns(bundle),
            schema=schema(bundle, settings, example),
            openapi=openapi(bundle, settings, example),
        )
        with suppress(AutomlError):  # the first row makes what later ones use; without tables there is nothing to make
            bundle.answer(example.row)
        return model

    @property
    def ignored(self) -> list[str]:
        """The tables that were given and are not read."""
        return [name for name in self.settings.tables if name not in self.bundle.tables]

    @property
    def name(self) -> str:
        """The bundle's content hash, short."""
        return self.bundle.manifest.content_hash[:HASH]

    def read(self, body: bytes) -> list[Row]:
        """The rows of a JSON body. Refusals: 413, 422."""
        if 2 * len(body) > PARSED:  # no byte is more work than two
            self._afford(work_of(body), at_least=PARSED)
        rows = read_rows(body, max_rows=self.settings.max_rows)
        if self.settings.extra == "refuse":
            check_columns(rows, self.known)
        self._afford(cost_of(rows, self.bundle.tables))
        return rows

    def is_light(self, rows: Sequence[Row]) -> bool:
        """Whether the answer takes less time than handing the work to a thread."""
        return len(rows) == 1 and not (has_nested(rows[0], self.bundle.tables))

    def answer(self, rows: Sequence[Row], gone: Callable[[], bool] = lambda: False) -> Reply:
        """The answers to rows as JSON: ``{"rows": [...], "warnings": [...], "bundle": HASH}``.

        A warning is of a column with cells that hold something and cannot be read. Refusal 422 names a row that fails.
        Work that takes long ends with a Refusal once the client is `gone`.
        """
        keys = [_keys(row, self.bundle.manifest.keys, number) for number, row in enumerate(rows)]
        answers, unread = self._decided(rows, gone)
        found = [{**key, **answer} for key, answer in zip(keys, answers, strict=True)]
        content = _dumped(found, warnings_of(unread), self.name)
        return Reply(content=content, rows=len(rows), unread=unread, raw=rows, answers=answers)

    def answer_stream(self, body: bytes) -> Reply:
        """The answers to an Arrow stream as another. Refusals: 413, 422."""
        strict = self.settings.extra == "refuse"
        frame = arrow.read_stream(body, columns=self.known, strict=strict, max_rows=self.settings.max_rows)
        self._afford(frame.height * frame.width)
        _check_keys(frame, self.bundle.manifest.keys)
        try:
            scored, unread = self.bundle.counted(frame)
        except AutomlError as error:
            raise Refusal.of(error) from None
        content = arrow.write_stream(scored)
        return Reply(content=content, rows=frame.height, unread=unread, raw=frame, answers=scored)

    def check(self, reply: Reply) -> None:
        """Refusal 422 where a column with many filled cells could not be read at all, unless the settings allow it."""
        try:
            check_unread(reply.unread, self.settings.unread)
        except AutomlError as error:
            raise Refusal.of(error) from None

    def _afford(self, cells: int, *, at_least: int = 0) -> None:
        """Refusal 413 where one request would hold the thread of large ones for too long."""
        most = max(self.settings.max_cells, at_least)
        if cells > most:
            what = f"the rows are as much work as {cells:,} cells, the most is {most:,}"
            raise Refusal(
                413, what, hint="Send fewer rows at a time; a row with rows inside counts as 1,000 cells more."
            )

    def _decided(self, rows: Sequence[Row], gone: Callable[[], bool]) -> tuple[list[Answer], Unread]:
        tables = self.bundle.tables
        if tables and any(has_nested(row, tables) for row in rows):
            return self._decide_each(rows, gone), self.bundle.unread(rows)
        if len(rows) == 1:
            answer, columns = self._decide(self.bundle, rows[0], 0)
            return [answer], self.bundle.unread(rows) if columns else {}
        try:
            return self.bundle.answer_all(rows)
        except AutomlError as error:
            number = self._culprit(rows)
            self._decide(self.bundle, rows[number], number)  # alone it says why
            raise Refusal.of(error) from None

    def _decide_each(self, rows: Sequence[Row], gone: Callable[[], bool]) -> list[Answer]:
        answers = []
        for number, row in enumerate(rows):
            if gone():
                raise gone_away()
            answers.append(self._decide_nested(row, number))
        return answers

    def _decide_nested(self, row: Row, number: int) -> Answer:
        """A row with its own tables in it: those replace the ones that are held."""
        assert self.bundle.catalog is not None  # noqa: S101  # the caller looked
        alone, tables = unnest(row, self.bundle.catalog, f"rows[{number}]")
        try:
            deeper: dict[str, list[Row]] = {name: [] for name in below(tables, self.bundle.catalog)}
            bundle = self.bundle.given({**deeper, **self.tables, **tables}) if tables else self.bundle
        except AutomlError as error:
            raise Refusal.of(error, f"rows[{number}]") from None
        return self._decide(bundle, alone, number)[0]

    def _decide(self, bundle: Bundle, row: Row, number: int) -> tuple[Answer, list[str]]:
        try:
            return bundle.answer(row)
        except AutomlError as error:
            raise Refusal.of(error, f"rows[{number}]") from None

    def _culprit(self, rows: Sequence[Row]) -> int:
        """The number of the first row that cannot be scored, found by halves."""
        first, last = 0, len(rows)
        while last - first > 1:
            middle = (first + last) // 2
            try:
                self.bundle.answer_all(rows[first:middle])
                first = middle
            except AutomlError:
                last = middle
        return first


def warnings_of(unread: Unread) -> list[dict[str, object]]:
    """What an answer says of the columns with cells that could not be read."""
    return [
        {"column": name, "filled": found.read + found.unread, "unread": found.unread, "what": str(found)}
        for name, found in unread.items()
        if found.unread
    ]


def _keys(row: Row, keys: Sequence[str], number: int) -> dict[str, object]:
    """The key columns that the row has, as they came."""
    found = {key: row[key] for key in keys if key in row}
    for key, value in found.items():
        if isinstance(value, list | dict):
            raise Refusal(422, "a key is a single value", where=f"rows[{number}].{key}")
        if isinstance(value, str) and len(value) > LONGEST_KEY:
            raise _long_key(f"rows[{number}].{key}")
    return found


def _check_keys(frame: pl.DataFrame, keys: Sequence[str]) -> None:
    texts = frame.select(pl.col(pl.String, pl.Categorical, pl.Enum).cast(pl.String).str.len_chars().max())
    for key in keys:
        if key in texts.columns and (texts[key].item() or 0) > LONGEST_KEY:
            raise _long_key(f"column {key!r}")


def _long_key(where: str) -> Refusal:
    return Refusal(422, f"a key is longer than {LONGEST_KEY:,} characters", where=where, hint="Send a shorter one.")


def _dumped(rows: Sequence[Mapping[str, object]], warnings: Sequence[object], bundle: str) -> bytes:
    try:
        return _json({"rows": rows, "warnings": warnings, "bundle": bundle})
    except ValueError:  # JSON knows no NaN: what is unknown is null
        finite = [{name: _finite(cell) for name, cell in row.items()} for row in rows]
        return _json({"rows": finite, "warnings": warnings, "bundle": bundle})


def _json(document: Mapping[str, object]) -> bytes:
    return WRITER.encode(document).encode()


def _finite(cell: object) -> object:
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell
