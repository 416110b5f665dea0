"""A batch as one Arrow block: what came, what was answered, by which key and when; nothing of a cell's type is lost."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring
from math import isfinite
from typing import Any

import polars as pl

from automl.watch.keys import digests

RAW, JSON, ANSWER = "raw ", "json ", "answer "  # how the columns of a block begin; `key` and `time` have no such begin
KEY, TIME = "key", "time"
JSON_CELL = json.JSONEncoder(ensure_ascii=False, default=str)  # `json.dumps` makes one for each cell
WHOLE = (pl.Int64, pl.Float64, pl.Boolean, pl.String)
Cells = Mapping[str, Sequence[object] | pl.Series]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Answered rows, aligned: `raw` columns as they came, `answers`, `key` (String) and `time` (Int64)."""

    raw: pl.DataFrame
    answers: pl.DataFrame
    key: pl.Series
    time: pl.Series

    @property
    def height(self) -> int:
        """The number of rows."""
        return len(self.time)

    def take(self, keep: pl.Series) -> Rows:
        """The rows where `keep` is true."""
        return Rows(
            raw=self.raw.filter(keep),
            answers=self.answers.filter(keep),
            key=self.key.filter(keep),
            time=self.time.filter(keep),
        )


def framed(raw: Cells, answers: Cells, key: Sequence[str | None], time: Sequence[int] | pl.Series) -> pl.DataFrame:
    """The frame of a block. A raw column whose cells are of several types is kept as JSON, cell by cell."""
    columns = [_raw(name, cells) for name, cells in raw.items()]
    columns += [_answer(name, cells) for name, cells in answers.items()]
    columns += [_strings(KEY, key), pl.Series(TIME, time, dtype=pl.Int64)]
    return pl.DataFrame(columns)


def pack(frame: pl.DataFrame) -> bytes:
    """A frame as a block."""
    file = io.BytesIO()
    frame.write_ipc(file, compression="lz4")
    return file.getvalue()


def unpack(content: bytes, columns: list[str] | None = None) -> pl.DataFrame:
    """The frame of a block, or some of its columns."""
    return pl.read_ipc(io.BytesIO(content), columns=columns)


def entry(frame: pl.DataFrame) -> dict[str, object]:
    """What a store keeps of a block: it, its rows, their earliest and latest time, and the digests of its keys."""
    time = frame[TIME].to_numpy()
    return {
        "first": int(time.min()),
        "last": int(time.max()),
        "rows": frame.height,
        "digests": digests(frame[KEY].to_list()).tobytes(),
        "content": pack(frame),
    }


def stacked(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Frames of blocks below each other: a column of two types becomes numbers where both are, else JSON by cell."""
    if len(frames) == 1:
        return frames[0]
    names = dict.fromkeys(name for frame in frames for name in frame.columns)
    mixed = {name.removeprefix(JSON) for name in names if name.startswith(JSON)}
    for name in names:
        kinds = {frame.schema[name] for frame in frames if name in frame.columns} - {pl.Null()}
        if name.startswith(RAW) and len(kinds) > 1 and not kinds <= {pl.Int64(), pl.Float64()}:
            mixed.add(name.removeprefix(RAW))
    return pl.concat([_as_json(frame, mixed) for frame in frames], how="diagonal_relaxed")


def rows_of(frame: pl.DataFrame) -> Rows:
    """The rows of a block, or of several that were stacked; a column of several types is the text of its cells."""
    raw = [frame[name].alias(name.removeprefix(RAW)) for name in frame.columns if name.startswith(RAW)]
    raw += [_texts(frame[name]) for name in frame.columns if name.startswith(JSON)]
    answers = [frame[name].alias(name.removeprefix(ANSWER)) for name in frame.columns if name.startswith(ANSWER)]
    return Rows(raw=pl.DataFrame(raw), answers=pl.DataFrame(answers), key=frame[KEY], time=frame[TIME])


def _raw(name: str, cells: Sequence[object] | pl.Series) -> pl.Series:
    if isinstance(cells, pl.Series):
        if cells.dtype != pl.Object:
            return cells.alias(RAW + name)
        cells = cells.to_list()
    kinds = set(map(type, cells)) - {type(None)}
    if kinds <= {int, float} or kinds in ({bool}, {str}):
        dtype = next((known for known in WHOLE if kinds == {_PYTHON[known]}), None)
        dtype = pl.Float64 if kinds == {int, float} else dtype
        try:
            if dtype is pl.String:
                return _strings(RAW + name, cells)
            return pl.Series(RAW + name, cells, dtype=dtype or pl.Null, strict=True)
        except (TypeError, OverflowError, pl.exceptions.PolarsError):
            pass  # whole numbers beyond 64 bits, words in a list: as JSON
    return _strings(JSON + name, _as_texts(cells))


def _strings(name: str, cells: Sequence[Any]) -> pl.Series:
    """Texts; what no encoding has (half a sign, as JSON may have it) becomes a question mark."""
    try:
        return pl.Series(name, cells, dtype=pl.String)
    except UnicodeEncodeError:
        whole = [None if cell is None else cell.encode("utf-8", "replace").decode() for cell in cells]
        return pl.Series(name, whole, dtype=pl.String)


_PYTHON: Mapping[object, type] = {pl.Int64: int, pl.Float64: float, pl.Boolean: bool, pl.String: str}


def _answer(name: str, cells: Sequence[object] | pl.Series) -> pl.Series:
    if isinstance(cells, pl.Series):
        words = name == "decision" and cells.dtype != pl.Float64
        return cells.cast(pl.String if words else cells.dtype).alias(ANSWER + name)
    numbers = {float} if name == "decision" else {int, float}  # a decision that is a label is its text
    if set(map(type, cells)) <= numbers | {type(None)}:
        return pl.Series(ANSWER + name, cells, dtype=pl.Float64, strict=False)
    return _strings(ANSWER + name, [None if cell is None else _word(cell) for cell in cells])


def _word(cell: object) -> str:
    return str(cell).lower() if isinstance(cell, bool) else str(cell)


def _as_texts(cells: Sequence[object]) -> list[str | None]:
    """Each cell as JSON, missing ones missing."""
    encoder, other = _ENCODERS.get, JSON_CELL.encode
    return [encoder(type(cell), other)(cell) for cell in cells]


def _missing(_: None) -> None:
    return None


def _float(cell: float) -> str:
    return float.__repr__(cell) if isfinite(cell) else JSON_CELL.encode(cell)


# what `JSON_CELL` says of them, twenty times as fast
_ENCODERS: Mapping[type, Callable[[Any], str | None]] = {
    type(None): _missing,
    str: encode_basestring,
    int: int.__repr__,
    float: _float,
}


def _as_json(frame: pl.DataFrame, mixed: set[str]) -> pl.DataFrame:
    names = [name for name in frame.columns if name.startswith(RAW) and name.removeprefix(RAW) in mixed]
    cells = [pl.Series(JSON + n.removeprefix(RAW), _as_texts(frame[n].to_list()), dtype=pl.String) for n in names]
    return frame.drop(names).with_columns(cells)


def _texts(cells: pl.Series) -> pl.Series:
    found = [None if cell is None else json.loads(cell) for cell in cells.to_list()]
    texts = [None if cell is None else cell if isinstance(cell, str) else json.dumps(cell) for cell in found]
    return pl.Series(cells.name.removeprefix(JSON), texts, dtype=pl.String)
