"""How a csv file is written: encoding, separator, quote, blanks; found from its bytes, kept as JSON for `score.py`."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from automl.data.read.column_reader import CsvDialect
from automl.data.read.encoding import CHUNK, EncodingDetector
from automl.errors import DataError

SEPARATORS = ",;\t|"
SAMPLE = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """The arguments that `open` and `csv.reader` need to read the file."""

    separator: str = ","
    quote: str = '"'
    skip_blank: bool = False  # a blank after each separator is no part of the value
    encoding: str = "utf-8"

    def json(self) -> CsvDialect:
        """As it stands in the manifest."""
        return {
            "separator": self.separator,
            "quote": self.quote,
            "skip_blank": self.skip_blank,
            "encoding": self.encoding,
        }


def sniff(path: Path, separator: str | None = None) -> tuple[Dialect, str]:
    """The dialect of the file and its SHA-256 (D12), from one pass over its bytes.

    Bytes that are no UTF-8 and have no byte order mark are read as Windows-1252, or Latin-1 where that fails.
    Raises DataError for an empty file and for NUL bytes (D09), with the offset.
    """
    encoding, digest, head = _encoding(path)
    text = head.decode(encoding, "replace")
    if not text.strip():
        raise DataError("the file is empty", where=str(path), hint="give a file with a header line and rows")
    lines = text.splitlines()[:200]
    if len(head) == SAMPLE:
        lines = lines[:-1] or lines  # the last one is cut off
    quote = '"' if '"' in text or not _single_quoted(lines) else "'"
    chosen = separator or max(SEPARATORS, key=lambda sign: _consistency(lines, sign, quote))
    blanks = sum(line.count(chosen + " ") for line in lines[1:])
    signs = sum(line.count(chosen) for line in lines[1:])
    return Dialect(separator=chosen, quote=quote, skip_blank=blanks > signs / 2, encoding=encoding), digest


def _encoding(path: Path) -> tuple[str, str, bytes]:
    digest, detector, head = hashlib.sha256(), EncodingDetector(), b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            head = head or chunk[:SAMPLE]
            digest.update(chunk)
            detector.feed(chunk)
    if detector.nul is not None:
        raise DataError(
            f"a NUL byte at offset {detector.nul}: this is no text file, or it is damaged",
            where=str(path),
            hint="remove the byte, or export the data again",
        )
    return detector.encoding, digest.hexdigest(), head


def _single_quoted(lines: list[str]) -> bool:
    starts = sum(sign + "'" in line for line in lines for sign in SEPARATORS)
    ends = sum("'" + sign in line for line in lines for sign in SEPARATORS)
    return len(lines) > 1 and min(starts, ends) >= 0.9 * len(lines)


def _consistency(lines: list[str], separator: str, quote: str) -> tuple[float, int]:
    """The share of lines with the usual number of fields, and that number; nothing for a single field."""
    try:
        lengths = Counter(len(row) for row in csv.reader(lines, delimiter=separator, quotechar=quote) if row)
    except csv.Error:
        return (0.0, 0)
    usual, count = max(lengths.items(), key=lambda item: (item[1], item[0]))
    return (count / sum(lengths.values()), usual) if usual > 1 else (0.0, 0)
