"""A manifest is read back as it was written, or refused with words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from automl.deploy.distributed.manifest import FORMAT, MANIFEST, read_manifest
from automl.errors import DataError, SpecError


def test_there_is_none(tmp_path: Path) -> None:
    """A folder without one, and none at all: exit code 2, with the command that writes one."""
    for folder in (tmp_path, tmp_path / "gone"):
        with pytest.raises(SpecError, match="--manifest"):
            read_manifest(folder)


def test_another_format_is_told(planned: Callable[..., Path]) -> None:
    """One that a later version wrote is refused before anything else of it is read."""
    path = planned() / MANIFEST
    path.write_bytes(json.dumps({"format": FORMAT + 1, "sha256": ""}).encode() + b"\nsomething else\n")
    with pytest.raises(DataError, match=f"format {FORMAT + 1}"):
        read_manifest(path.parent)


@pytest.mark.parametrize("content", [b"", b"{", b"[]\n{}", b'{"format": 1}\n{}', b'{"format": 2, "sha256": "0"}\n{}'])
def test_damage_is_told(content: bytes, planned: Callable[..., Path]) -> None:
    """D12: no traceback, whatever stands there."""
    path = planned() / MANIFEST
    path.write_bytes(content)
    with pytest.raises(DataError, match="damaged"):
        read_manifest(path.parent)


def test_a_flipped_bit_is_found(planned: Callable[..., Path]) -> None:
    """D12: also where it is still JSON."""
    path = planned() / MANIFEST
    path.write_bytes(path.read_bytes().replace(b'"lease":30', b'"lease":31'))
    with pytest.raises(DataError, match="damaged"):
        read_manifest(path.parent)
