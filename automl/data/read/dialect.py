"""How a csv file is written: encoding, separator, quote, blanks; found from its bytes, kept as JSON for `score.py`."""

from __future__ import annotations

import codecs
import csv
import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from automl.data.read.column_reader import CsvDialect
from automl.errors import DataError

SEPARATORS = ",;\t|"
CHUNK = 1 << 22
SAMPLE = 1 << 18
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


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
    digest = hashlib.sha256()
    utf8 = codecs.getincrementaldecoder("utf-8")()
    windows = codecs.getincrementaldecoder("cp1252")()
    head, offset, candidates = b"", 0, {"utf-8", "cp1252"}
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            head = head or chunk[:SAMPLE]
            digest.update(chunk)
            for name, decoder in (("utf-8", utf8), ("cp1252", windows)):
                if name in candidates and (name == "utf-8" or "utf-8" not in candidates or not chunk.isascii()):
                    try:
                        decoder.decode(chunk)
                    except UnicodeDecodeError:
                        candidates.discard(name)
            if not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and (at := chunk.find(0)) >= 0:
                raise DataError(
                    f"a NUL byte at offset {offset + at}: this is no text file, or it is damaged",
                    where=str(path),
                    hint="remove the byte, or export the data again",
                )
            offset += len(chunk)
    for mark, name in BOMS:
        if head.startswith(mark):
            return name, digest.hexdigest(), head
    name = "utf-8" if "utf-8" in candidates else "cp1252" if "cp1252" in candidates else "latin-1"
    return name, digest.hexdigest(), head


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
