"""A new manifest: everything that decides the output is looked at once, and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path, PurePosixPath

from automl import disk
from automl.addresses import Address, address_of
from automl.bundle.place import check_output
from automl.data.cost_files import ROW_ORDER
from automl.data.read.csv_lines import LeftOut
from automl.data.read.cuts import cut_files
from automl.data.read.files import file_digest, files
from automl.data.read.remote.fetched import check_apart, fetched
from automl.data.read.remote.objects import check_reached, is_empty
from automl.data.read.remote.spool import known_as
from automl.deploy.distributed.heartbeat import new_name
from automl.deploy.distributed.leases import make_tokens
from automl.deploy.distributed.manifest import (
    MANIFEST,
    Given,
    Manifest,
    OutForm,
    as_bytes,
    check_shared,
    read_manifest,
    versions,
)
from automl.deploy.distributed.notes import REASONS, RESULTS
from automl.deploy.scoring import AS_EVER, Options, Scoring, dialect_of, form_of
from automl.errors import SpecError
from automl.own_names import own_name
from automl.progress import Event, Listener, silent

ROWS = 1 << 19  # of a chunk: some seconds of work, which is what a worker that ends may lose
LEASE = 30.0  # seconds without a sign of life
WORKERS = "workers"


def plan(
    bundle: Path,
    data: Path,
    folder: Path,
    out: Path | None = None,
    *,
    costs: Path | None = None,
    tables: Mapping[str, Path] | None = None,
    options: Options = AS_EVER,
    rows: int = ROWS,
    lease: float = LEASE,
    listener: Listener = silent,
    require_signature: Path | None = None,
) -> Manifest:
    """Write the manifest of shared scoring into a new `folder`; nothing is scored yet.

    `out` is a csv or parquet file, or a folder for a parquet file of each chunk (``scored`` in `folder` where it is not
    named); a chunk has some `rows` rows. The data is read once. What is read and `out` may be addresses; `folder` is
    none. The same once more leaves the manifest that is there; raises SpecError where another stands there, for an
    output that is no new one, and for a bundle whose spec has a capacity: it ranks all rows as one batch. DataError
    also where a store does not accept the key.
    """
    check_shared(folder)
    out = folder / "scored" if out is None else out
    form, goal = _form(out, options), address_of(out)
    given = [*(tables or {}).values(), *([costs] if costs else [])]
    if goal is None:
        check_output(out.absolute(), inputs=[bundle, *([] if address_of(data) else files(data)), *given])
    else:
        check_apart(goal, [data, *given])
        check_reached(goal)
    scoring = Scoring.load(
        bundle,
        costs=costs,
        tables=tables or {},
        options=options,
        form="csv" if form == "csv" else "parquet",
        listener=listener,
        require_signature=require_signature,
    )
    _check(scoring)

    def tell(path: Path, left_out: LeftOut) -> None:
        said = f"{known_as(path)}: {left_out}"
        listener(Event(stage="read", text=said, facts={"warning": said}))

    cut = tuple(cut_files(_named(data), rows, partial(dialect_of, scoring.model), tell=tell))
    if goal is not None:
        check_apart(goal, [file.path for file in cut])
    found = Manifest(
        bundle=str(bundle.absolute()),
        seal=scoring.model.files.seal.decode(),
        versions=versions(),
        data=_named(data),
        files=cut,
        tables={name: _given(path) for name, path in scoring.tables.items()},
        costs=None if costs is None else _given(costs),
        options=options,
        out=_named(out),
        form=form,
        lease=lease,
    )
    if (folder / MANIFEST).exists():
        if read_manifest(folder) != found:
            hint = "Join that one with `automl predict --join`, or name another folder."
            raise SpecError("another manifest stands here", where=str(folder), hint=hint)
    else:
        _write(folder, found)
    return found


def _named(path: Path) -> str:
    """What a path or an address is called on every machine."""
    return str(address_of(path) or path.absolute())


def _form(out: Path, options: Options) -> OutForm:
    goal = address_of(out)
    if out.suffix if goal is None else PurePosixPath(goal.key).suffix:
        return form_of(out, options)
    if options.excel_safe:
        raise SpecError("only CSV needs to be safe for spreadsheets", where=str(out), hint="Name it OUT.csv.")
    return "folder"


def _check(scoring: Scoring) -> None:
    if scoring.model.ranking is not None:
        raise SpecError(
            "the spec of the bundle has a capacity: all rows are ranked as one batch, and chunks cannot be",
            where=str(scoring.model.path),
            hint="Score them in one run: `automl predict BUNDLE DATA -o OUT`.",
        )
    if scoring.costs is not None and scoring.costs.by == ROW_ORDER:
        raise SpecError(
            "costs in row order go with all rows, not with a chunk of them",
            where="--costs",
            hint='Fit with objective.costs.by = "the key column", or score in one run.',
        )


def _given(path: Path) -> Given:
    return Given(path=_named(path), digest=file_digest(fetched(path)))


def _write(folder: Path, found: Manifest) -> None:
    """All of it appears in one step: who joins early finds nothing, or everything."""
    with disk.machine_errors(folder):
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            hint = "Name a folder that is not there yet."
            raise SpecError("something else stands here", where=str(folder), hint=hint)
        check_out(found)
        disk.make_folder(folder.absolute().parent)
        staged = own_name(folder.absolute(), new_name())
        try:
            disk.make_folder(staged)
            for each in (RESULTS, REASONS, WORKERS):
                disk.make_folder(staged / each)
            make_tokens(staged, found.names)
            disk.write(staged / MANIFEST, as_bytes(found))
            disk.sync(staged)
            disk.rename(staged, folder.absolute())
            disk.sync(folder.absolute().parent)
        except BaseException:
            disk.discard(staged)
            raise


def check_out(found: Manifest) -> None:
    """Refuse a folder for the output in which something lies."""
    if found.form != "folder":
        return
    out = found.place
    if not (is_empty(out) if isinstance(out, Address) else _is_empty(out)):
        raise SpecError(
            "something lies where the parts would go", where=str(out), hint="Name a folder that is empty or new."
        )


def _is_empty(folder: Path) -> bool:
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))
