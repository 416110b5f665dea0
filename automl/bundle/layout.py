"""Which files a bundle has: nothing else may lie in one, and all but a few have a part in its answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

MANIFEST, SEAL, SIGNATURE = "manifest.json", "manifest.sha256", "manifest.sig"
RELATIONAL: Final = "relational.json"  # how other tables are read, where there are any
COPIES: Final = "score_tables"  # the package beside score.py, where there are several tables
DESCRIBING: Final = frozenset({"card.md", "evidence.parquet", "profile.json", "report.html", "report.json"})
ANSWERING: Final = frozenset(
    {
        "explain.py",
        "golden/expected.json",
        "golden/rows.json",
        "golden/tables.json",
        "model.onnx",
        RELATIONAL,
        "score.py",
    }
)
_COPY = re.compile(rf"{COPIES}/[a-z0-9_]+\.py")


def is_file(name: str) -> bool:
    """Whether the manifest of a bundle may name such a file."""
    return name in DESCRIBING or name in ANSWERING or _COPY.fullmatch(name) is not None


def is_member(name: str) -> bool:
    """Whether such a file may lie in a bundle: those, the manifest itself, its seal and its signature."""
    return is_file(name) or name in {MANIFEST, SEAL, SIGNATURE}


def is_code(name: str) -> bool:
    """Whether the file is a part of what scores and explains without automl."""
    return name.endswith(".py")


def answering(files: Mapping[str, str]) -> dict[str, str]:
    """The hashes of the files that have a part in what the bundle answers, by name."""
    return {name: digest for name, digest in files.items() if name not in DESCRIBING}
