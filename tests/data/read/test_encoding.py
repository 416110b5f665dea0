"""The encoding of a file stands in its bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.data.read.encoding import EncodingDetector, encoding_of


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"", "utf-8"),
        (b"plain", "utf-8"),
        ("größe".encode(), "utf-8"),
        ("größe".encode("utf-8-sig"), "utf-8-sig"),
        ("größe".encode("utf-16"), "utf-16"),
        ("größe €".encode("cp1252"), "cp1252"),
        (b"\x81\xe9", "latin-1"),  # 0x81 is nothing in Windows-1252
    ],
)
def test_what_bytes_say(content: bytes, encoding: str, tmp_path: Path) -> None:
    """D09: a mark first; then the strictest encoding in which all bytes are text."""
    (tmp_path / "file").write_bytes(content)
    assert encoding_of(tmp_path / "file") == encoding


@given(st.text(min_size=1), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), st.integers(1, 7))
def test_any_text_reads_back(text: str, encoding: str, size: int) -> None:
    """However the bytes are cut into chunks, a text is decoded to itself."""
    content = text.encode(encoding, "replace")
    detector = EncodingDetector()
    first = max(size, 3)  # a mark comes in one piece, as chunks are megabytes
    for chunk in (content[:first], *(content[at : at + size] for at in range(first, len(content), size))):
        detector.feed(chunk)
    whole = text.encode("utf-8", "replace").decode("utf-8").removeprefix("\ufeff")
    assert content.decode(detector.encoding).removeprefix("\ufeff") == whole


def test_a_nul_byte_is_told_with_its_offset() -> None:
    """In a text there is none, but in UTF-16."""
    detector = EncodingDetector()
    for chunk in (b"abc", b"d\x00e\x00"):
        detector.feed(chunk)
    assert detector.nul == 4
    wide = EncodingDetector()
    wide.feed("abc".encode("utf-16"))
    assert wide.nul is None
