"""Keys as text: the one spelling by which predictions and labels of the same row find each other."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.data.spelling import spelled
from automl.names import inside

Digests = NDArray[np.uint64]
LONGEST = 1_000  # characters of a key, as `/predict` takes them; databases index no documents


def key_text(cells: Sequence[object]) -> str | None:
    """The key of a row as text in one spelling: its only cell, or a JSON list of several; None where one is missing.

    >>> key_text([17.0]), key_text([17, "a"]), key_text([None, 1])
    ('17', '["17","a"]', None)
    """
    texts = [text for cell in cells if (text := spelled(cell)) is not None]
    if not texts or len(texts) < len(cells):
        return None
    return _short(texts[0] if len(texts) == 1 else json.dumps(texts, separators=(",", ":"), ensure_ascii=False))


def key_column(columns: Sequence[Sequence[object]], rows: int) -> list[str | None]:
    """The key of each of so many rows, by the cells of the key columns.

    >>> key_column([[17.0, None]], 2), key_column([[17], ["a"]], 1), key_column([], 1)
    (['17', None], ['["17","a"]'], [None])
    """
    if len(columns) == 1:  # as most have it: not a list for each row, which a server would pay
        return [None if (text := spelled(cell)) is None else _short(text) for cell in columns[0]]
    return [key_text(cells) for cells in zip(*columns, strict=True)] if columns else [None] * rows


def _short(text: str) -> str:
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode()  # half a sign has no bytes
    return text if len(text) <= LONGEST else f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def key_texts(frame: pl.DataFrame, columns: Sequence[str]) -> list[str | None]:
    """The key of each row of a frame; None where it has not all of the columns."""
    names = [inside(name) for name in columns]
    there = names if set(names) <= set(frame.columns) else []
    return key_column([frame[name].to_list() for name in there], frame.height)


def key_cells(key: str, columns: int) -> list[str]:
    """The cells of a key; one that was hashed stands in each of them.

    >>> key_cells('["17","a"]', 2), key_cells("17", 1), key_cells("f00", 2)
    (['17', 'a'], ['17'], ['f00', 'f00'])
    """
    if columns > 1 and key.startswith("["):
        found: list[str] = json.loads(key)
        return found
    return [key] * columns


def hashed(keys: Iterable[str | None], salt: bytes) -> list[str | None]:
    """Keys that only who has the store can compare: HMAC-SHA-256 with its salt."""
    return [None if key is None else hmac.new(salt, key.encode(), "sha256").hexdigest() for key in keys]


def digests(keys: Iterable[str | None]) -> Digests:
    """64 bits of each key that there is, sorted: which batches may hold a key is asked of these, without opening them.

    >>> bool(digests(["a"])[0] == digests([None, "a"])[0])
    True
    """
    short = (hashlib.blake2b(key.encode(), digest_size=8).digest() for key in keys if key is not None)
    return np.sort(np.frombuffer(b"".join(short), dtype="<u8"))
