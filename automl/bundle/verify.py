"""`automl verify`: the files are those that were written, nothing else lies there, and the golden rows answer alike."""

from __future__ import annotations

import json
import pickletools
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from automl.bundle.archive import opened
from automl.bundle.golden import answers, decode, differences, typed_answers
from automl.bundle.layout import MANIFEST, SIGNATURE
from automl.bundle.read import Bundle, names_of, read_file
from automl.bundle.released import check_released
from automl.bundle.scorer import Cell, Row, Scorer
from automl.bundle.tables import RELATIONAL, open_scorer
from automl.errors import BundleError, MachineError

_ARCHIVES = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")  # zip, gzip, bzip2, xz: they may hold a pickle


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was checked: the bundle's content hash, the number of files, and of golden rows replayed.

    `signature` is "checked" where a key was given, "not checked" where there is one and no key, else None.
    """

    path: Path
    content_hash: str
    files: int
    golden_rows: int
    signature: str | None = None


def verify(path: Path, *, require_signature: Path | None = None) -> Report:
    """Check the bundle at `path`, a folder or a zip, and replay its golden rows.

    Raises `BundleError` for anything that is not as written. Numbers may differ by 1e-9·max(1, |x|), because processors
    differ in the last digits; decisions may not. `require_signature` is a public key: its owner must have signed.
    """
    with opened(Path(path)) as folder:
        if require_signature is not None:
            from automl.bundle.signature import check_signature

            check_signature(folder, require_signature)
        report = _told(folder)
    signed = report.signature and ("checked" if require_signature else report.signature)
    return replace(report, path=Path(path), signature=signed)


def _told(folder: Path) -> Report:
    """Whatever else a file of a stranger makes fail, it is the bundle that failed."""
    try:
        return _verified(folder)
    except (BundleError, MachineError):
        raise
    except Exception as error:
        raise BundleError(f"the bundle cannot be checked: {error}", where=str(folder)) from error


def _verified(folder: Path) -> Report:
    bundle = Bundle.load(folder)
    if bundle.manifest.provisional:
        raise BundleError("the bundle was never finished: its gates and verdict are missing", where=str(folder))
    _check_strangers(folder, set(names_of(folder, bundle.manifest)))
    for name in bundle.manifest.files:
        if looks_pickled(read_file(folder, name)):
            raise BundleError("this is a pickle or an archive; a bundle has none", where=str(folder / name))
    check_released(bundle.manifest.files, where=str(folder))
    rows = json.loads(read_file(folder, "golden/rows.json"))
    if not rows:
        raise BundleError("there is no golden row, so nothing says what the bundle answers", where=str(folder))
    scorer = open_scorer(folder, _tables(folder, bundle), bundle.manifest.model_dump(mode="json"))
    wrong = differences(decode(read_file(folder, "golden/expected.json")), _replayed(folder)(scorer, rows))
    if wrong:
        raise BundleError(
            f"{len(wrong)} golden answers differ; {wrong[0]}",
            where=str(folder),
            hint="This machine or this ONNX Runtime computes something else than the one that judged the bundle.",
        )
    return Report(
        path=folder,
        content_hash=bundle.manifest.content_hash,
        files=len(names_of(folder, bundle.manifest)),
        golden_rows=len(rows),
        signature="not checked" if (folder / SIGNATURE).exists() else None,
    )


def looks_pickled(content: bytes) -> bool:
    """Whether the bytes are a whole pickle of any protocol, or an archive that could hold one (B01)."""
    if content.startswith(_ARCHIVES):
        return True
    try:
        return sum(1 for _ in pickletools.genops(content)) > 0
    except Exception:  # noqa: BLE001  # whatever genops stumbles over is no pickle
        return False


def _check_strangers(folder: Path, known: set[str]) -> None:
    """A file that nobody vouches for is refused: it may be run or read by mistake (B02)."""
    for entry in sorted(folder.rglob("*")):
        name = entry.relative_to(folder).as_posix()
        if entry.is_symlink() or (not entry.is_dir() and name not in known):
            raise BundleError(
                "the manifest does not name this file", where=str(entry), hint="Remove it, then check the bundle again."
            )


def _replayed(folder: Path) -> Callable[[Scorer, list[Row]], dict[str, list[Cell]]]:
    """How golden rows were answered: decisions are text in protocol 1, in the type of the target since."""
    written = json.loads(read_file(folder, MANIFEST))
    return answers if written["protocol"] == 1 else typed_answers


def _tables(folder: Path, bundle: Bundle) -> dict[str, list[Row]] | None:
    """The raw rows of other tables that the golden rows meet."""
    if RELATIONAL not in bundle.manifest.files:
        return None
    tables: dict[str, list[Row]] = json.loads(read_file(folder, "golden/tables.json"))
    return tables
