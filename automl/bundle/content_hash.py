"""The content hash: one SHA-256 over all that decides what a bundle answers, so that equal hashes answer alike.

It is computed from the manifest alone, as it was written: the manifest has the hash of every file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final

from automl.bundle.layout import RELATIONAL, answering
from automl.bundle.manifest import canonical

ANSWERS: Final = (
    "protocol",
    "spec",
    "target",
    "reader",
    "dialect",
    "inputs",
    "outputs",
    "decisions",
    "keys",
    "chunk_rows",
)
"""The fields of a manifest that decide what is answered, and how it is written."""


def content_hash(written: Mapping[str, Any]) -> str:
    """The content hash of a manifest that is read as JSON, by the rule of its own protocol (R12).

    KeyError where a field is lacking that the protocol has.
    """
    return BY_PROTOCOL[written["protocol"]](written)


def _of_all_that_answers(written: Mapping[str, Any]) -> str:
    whole = {name: written[name] for name in ANSWERS} | {"files": answering(written["files"])}
    return hashlib.sha256(canonical(whole)).hexdigest()


def _of_protocol_1(written: Mapping[str, Any]) -> str:
    """Spec, reader, graph, golden answers and the definitions of several tables; labels and score.py are left out."""
    files = written["files"]
    parts = [hashlib.sha256(canonical(written[name])).digest() for name in ("spec", "reader")]
    parts += [bytes.fromhex(files[name]) for name in ("model.onnx", "golden/expected.json")]
    parts += [bytes.fromhex(files[RELATIONAL])] if RELATIONAL in files else []
    return hashlib.sha256(b"".join(parts)).hexdigest()


BY_PROTOCOL: Final[Mapping[int, Callable[[Mapping[str, Any]], str]]] = {
    1: _of_protocol_1,
    2: _of_all_that_answers,
    3: _of_all_that_answers,
}
