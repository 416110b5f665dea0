"""The encoding of a text file, found from its bytes; standard library only, as it is copied into every `score.py`."""

import codecs
from pathlib import Path

MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
CHUNK = 1 << 22


class EncodingDetector:
    """Fed with the bytes of a file in their order, it knows the file's encoding.

    That is what a byte order mark says; else UTF-8 where all bytes are, Windows-1252 where they can be, or Latin-1.
    `nul` is the offset of the first NUL byte where a text has none: in all but UTF-16.
    """

    def __init__(self) -> None:
        self.nul: int | None = None
        self._offset = 0
        self._marked: str | None = None
        self._decoders = {name: codecs.getincrementaldecoder(name)() for name in ("utf-8", "cp1252")}

    def feed(self, chunk: bytes) -> None:
        """The next bytes."""
        if self._offset == 0:
            self._marked = next((name for mark, name in MARKS if chunk.startswith(mark)), None)
        if self.nul is None and self._marked != "utf-16" and (at := chunk.find(0)) >= 0:
            self.nul = self._offset + at
        for name in list(self._decoders):
            if name == "utf-8" or "utf-8" not in self._decoders or not chunk.isascii():
                try:
                    self._decoders[name].decode(chunk)
                except UnicodeDecodeError:
                    del self._decoders[name]
        self._offset += len(chunk)

    @property
    def encoding(self) -> str:
        """The name by which `open` knows it."""
        return self._marked or next(iter(self._decoders), "latin-1")


def encoding_of(path: Path) -> str:
    """The encoding of a whole file."""
    detector = EncodingDetector()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            detector.feed(chunk)
    return detector.encoding
