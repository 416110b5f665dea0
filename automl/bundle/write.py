"""Writing a bundle: staged with everything but the verdicts, then finished and put in its place in one step."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from automl import disk
from automl.bundle.content_hash import content_hash
from automl.bundle.contents import Contents, versions
from automl.bundle.explain_text import code_files
from automl.bundle.files import open_files
from automl.bundle.golden import answers, differences, encode, typed_answers
from automl.bundle.layout import MANIFEST, RELATIONAL, SEAL
from automl.bundle.manifest import (
    CHUNK_ROWS,
    FindingRecord,
    GateRecord,
    Input,
    Manifest,
    Target,
    parted,
    plain,
)
from automl.bundle.own import note
from automl.bundle.place import check_place
from automl.bundle.profile import PROFILE
from automl.bundle.scorer import seal
from automl.bundle.tables import open_scorer
from automl.bundle.verdict import VerdictRecord
from automl.errors import BundleError
from automl.own_names import dead_names, own_name

STAGED = "staged"


def staging(out: Path) -> Path:
    """The folder of this process beside `out` to stage in: a rename stays within one file system there."""
    return own_name(out, STAGED)


def stage(contents: Contents, folder: Path) -> Manifest:
    """Write a provisional bundle to `folder` (an older staged one is removed) and return its manifest.

    It scores and loads like the final one, so the gates measure it. The graph answers the golden rows here;
    raises `BundleError` where `contents.native` disagrees, `MachineError` where the disk refuses. Then nothing is left.
    """
    with _whole_or_gone(folder):
        return _staged(contents, folder)


def _staged(contents: Contents, folder: Path) -> Manifest:
    with disk.machine_errors(folder):
        disk.remove_folder(folder)
        disk.make_folder(folder / "golden")
    _put(folder, "model.onnx", contents.model)
    for name, text in code_files(tables=contents.relational is not None).items():
        _put(folder, name, text.encode())
    if contents.relational is not None:
        _put(folder, RELATIONAL, _json(contents.relational))
        _put(folder, "golden/tables.json", _json(contents.golden_tables))
    _put(folder, PROFILE, _json(contents.profile.shown()))
    _put(folder, "evidence.parquet", _parquet(contents))
    _put(folder, "golden/rows.json", _json(contents.golden))
    manifest = _seal(folder, _provisional(contents))
    scorer = open_scorer(folder, contents.golden_tables)
    if contents.native is not None and (wrong := differences(contents.native, answers(scorer, contents.golden))):
        raise BundleError(f"the graph and the training code disagree: {wrong[0]}", where="golden rows")
    _put(folder, "golden/expected.json", encode(typed_answers(scorer, contents.golden)))
    inputs = tuple(Input(name=name, wire="text" if kind is object else "number") for _, name, kind in scorer.inputs)
    return _seal(folder, manifest.model_copy(update={"inputs": inputs}))


def finish(
    staged: Path,
    out: Path,
    *,
    gates: Iterable[object],
    verdict: object,
    card: str,
    report: Mapping[str, str] = MappingProxyType({}),
) -> Path:
    """Add the `GateVerdict`s, the verdict in money (or None) and the card, write the final manifest, and move to `out`.

    `report` are the page for people and its numbers, by the names of their files.

    A bundle that stood at `out` stays whole until that last step; then the new one is noted as this user's own. Returns
    `out`. Where the disk refuses, nothing is left of the staged one.
    """
    check_place(out)
    with _whole_or_gone(staged):
        return _finished(staged, out, gates=gates, verdict=verdict, pages={"card.md": card, **report})


def _finished(staged: Path, out: Path, *, gates: Iterable[object], verdict: object, pages: Mapping[str, str]) -> Path:
    files = open_files(staged)
    manifest = files.manifest
    _remove_strangers(staged, manifest)
    files.read_all()
    for name, text in pages.items():
        _put(staged, name, text.encode())
    final = manifest.model_copy(
        update={
            "provisional": False,
            "gates": tuple(GateRecord.model_validate(plain(gate)) for gate in gates),
            "verdict": None if verdict is None else VerdictRecord.model_validate(plain(verdict)),
        }
    )
    _seal(staged, final)
    with disk.machine_errors(out):
        disk.make_folder(out.parent)
    disk.replace_folder(staged, out)
    note(final.content_hash)
    clear(out)
    return out


@contextmanager
def _whole_or_gone(folder: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        discard(folder)
        raise


def discard(staged: Path) -> None:
    """Remove a staged bundle that was refused."""
    disk.discard(staged)


def clear(out: Path) -> None:
    """Leave nothing that this process, or one that died, has staged for `out`."""
    for staged in (staging(out), *dead_names(out, STAGED)):
        discard(staged)


def _provisional(contents: Contents) -> Manifest:
    installed = versions()
    spec, execution = parted(plain(contents.spec))
    return Manifest(
        provisional=True,
        created=contents.created.isoformat(timespec="seconds"),
        engine=installed["automl"],
        content_hash="",
        spec=spec,
        target=Target.of(contents.labels),
        reader=plain(contents.reader),
        dialect=None if contents.dialect is None else plain(contents.dialect),
        inputs=(),
        outputs=contents.outputs,
        decisions=contents.decisions,
        keys=contents.keys,
        chunk_rows=CHUNK_ROWS,
        scores=contents.scores,
        gates=(),
        verdict=None,
        members=contents.members,
        features=contents.features,
        findings=tuple(FindingRecord.model_validate(plain(finding)) for finding in contents.findings),
        split=contents.split,
        versions=dict(installed),
        parity=plain(contents.parity),
        sources=dict(contents.sources),
        files={},
        parent=contents.parent,
        groups=contents.groups,
        levels=contents.levels,
        twin=contents.twin,
        retrained=contents.retrained,
        tried=contents.tried,
        ages=contents.ages,
        shelf_life=contents.shelf_life,
        in_use=contents.in_use,
        execution=execution,
    )


def _seal(folder: Path, manifest: Manifest) -> Manifest:
    """Write the manifest with the hashes of all other files and its content hash, and its seal; it, as written."""
    files = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in sorted(_names(folder))}
    whole = manifest.model_copy(update={"files": files})
    sealed = whole.model_copy(update={"content_hash": content_hash(whole.model_dump(mode="json"))})
    text = sealed.to_bytes()
    _put(folder, MANIFEST, text)
    _put(folder, SEAL, seal(text))
    return sealed


def _names(folder: Path) -> set[str]:
    paths = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return paths - {MANIFEST, SEAL}


def _remove_strangers(folder: Path, manifest: Manifest) -> None:
    """What a gate left behind, such as compiled Python, is no part of the bundle."""
    for name in _names(folder) - manifest.files.keys():
        disk.remove(folder / name)
    for path in folder.glob("**/__pycache__"):
        disk.remove_folder(path)


def _parquet(contents: Contents) -> bytes:
    buffer = io.BytesIO()
    contents.evidence.write_parquet(buffer)
    return buffer.getvalue()


def _json(value: object) -> bytes:
    return json.dumps(plain(value), indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def _put(folder: Path, name: str, content: bytes) -> None:
    with disk.machine_errors(folder):
        disk.make_folder((folder / name).parent)
    disk.write(folder / name, content)
