"""A worker of shared scoring: it takes one chunk after another until the output is whole, wherever it runs."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from automl import disk
from automl.addresses import Address, address_of
from automl.bundle.unread import check_unread
from automl.data.read.cuts import cut_batches
from automl.data.read.files import file_digest
from automl.data.read.remote.fetched import fetched
from automl.data.read.remote.objects import KeyRefused, check_reached, looked_up
from automl.data.read.unread import Unread, added, told
from automl.deploy.distributed import leases as of
from automl.deploy.distributed.heartbeat import Observer, beating, new_name
from automl.deploy.distributed.leases import FINISH, Leases, Token
from automl.deploy.distributed.manifest import ANEW, Given, Manifest, read_manifest, versions
from automl.deploy.distributed.notes import (
    Complete,
    Result,
    complete_of,
    put_complete,
    put_reason,
    put_result,
    reason_of,
    result_of,
)
from automl.deploy.distributed.output import assemble, declare, part_name, parts_of, put_part, rendered_part, tidy
from automl.deploy.distributed.plan import WORKERS
from automl.deploy.scoring import Scoring
from automl.errors import BundleError, DataError, MachineError, Stopped
from automl.progress import Event, Listener, silent

POLL = 0.5  # seconds between two looks at what others do


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """How it ended: the output that is whole, and how many `chunks` of it this worker has scored."""

    complete: Complete
    chunks: int


def join(
    folder: Path,
    *,
    again: bool = False,
    listener: Listener = silent,
    require_signature: Path | None = None,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], object] = time.sleep,
) -> Joined:
    """Work on the manifest in `folder` until its output is whole; the last of all workers completes it.

    Any number of processes on any machines may do so at a time, and any of them may be killed. The output is the same.
    With `again` what had failed is tried again. Raises the error of a chunk that failed for good, whoever tried it;
    `BundleError` where the bundle is not the one of the manifest, `DataError` where the data or the manifest is not, or
    a store does not accept the key that this machine has, and `MachineError` where other versions are installed here
    or the disk refuses: others then go on.
    """
    manifest = read_manifest(folder)
    if again:
        with disk.machine_errors(folder):
            of.try_again(folder)
    worker = new_name()
    observer = Observer(folder / WORKERS, manifest.lease, clock)
    job = _Job(
        folder=folder,
        manifest=manifest,
        worker=worker,
        leases=Leases(folder, worker, observer, manifest.names),
        listener=listener,
    )
    chunks = 0
    if not job.over:
        scoring = _opened(manifest, listener, require_signature)
        with disk.machine_errors(folder), beating(folder / WORKERS / worker, manifest.lease):
            while not job.over:
                token = job.leases.take()
                if token is None:
                    pause(POLL)
                else:
                    chunks += _work(job, scoring, token)
    return Joined(complete=_ending(job), chunks=chunks)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """The manifest in a folder, and the worker that has joined."""

    folder: Path
    manifest: Manifest
    worker: str
    leases: Leases
    listener: Listener

    @property
    def over(self) -> bool:
        """Whether there is nothing left to do: the output is whole, or something has failed."""
        return complete_of(self.folder) is not None or bool(of.tokens(self.folder, of.FAILED))


def _opened(manifest: Manifest, listener: Listener, require_signature: Path | None) -> Scoring:
    """The bundle with what it is given, if all is as it was when the manifest was written."""
    here = versions()
    if other := [
        f"{name} {here[name]} in place of {version}"
        for name, version in manifest.versions.items()
        if here[name] != version
    ]:
        raise MachineError(
            f"this machine has other versions than the one that wrote the manifest: {', '.join(other)}",
            hint=f"Install the same on every machine, or: {ANEW}",
        )
    if manifest.files and (rows := address_of(manifest.files[0].path)):
        looked_up(rows)  # a key that is wrong takes no chunk from those who have the right one
    if isinstance(manifest.place, Address):
        check_reached(manifest.place)
    for file in (*manifest.tables.values(), *([manifest.costs] if manifest.costs else [])):
        _check(file)
    scoring = Scoring.load(
        Path(manifest.bundle),
        costs=None if manifest.costs is None else Path(manifest.costs.path),
        tables={name: Path(file.path) for name, file in manifest.tables.items()},
        options=manifest.options,
        form="csv" if manifest.form == "csv" else "parquet",
        listener=listener,
        require_signature=require_signature,
    )
    if scoring.model.files.seal.decode() != manifest.seal:
        raise BundleError("this is not the bundle that the manifest was written for", where=manifest.bundle, hint=ANEW)
    return scoring


def _check(file: Given) -> None:
    path = fetched(file.path)
    if not path.exists() or file_digest(path) != file.digest:
        raise DataError("the file is not the one that the manifest was written for", where=file.path, hint=ANEW)


def _work(job: _Job, scoring: Scoring, token: Token) -> int:
    """Do what a token stands for; how many chunks were scored.

    What the machine refuses, or a store to the key of this machine, ends this worker, for the next chunk would fare no
    better; others may go on.
    """
    try:
        if token.spent:
            what = f"{token.losses} workers ended while they worked on it"
            error = MachineError(what, hint="Give them more memory, or cut smaller chunks with --chunk-rows.")
            put_reason(job.folder, token.name, error, job.worker)
            job.leases.fail(token)
            return 0
        chunks = _finish(job) if token.name == FINISH else _score(job, scoring, token)
        job.leases.done(token)
    except (Stopped, KeyboardInterrupt, SystemExit):
        job.leases.give_back(token)
        raise
    except Exception as error:  # whatever it is: others must know, and may fare better
        put_reason(job.folder, token.name, error, job.worker)
        if job.leases.refuse(token) and isinstance(error, MachineError | KeyRefused | MemoryError | OSError):
            raise
        return 0
    return chunks


def _score(job: _Job, scoring: Scoring, token: Token) -> int:
    """Score a chunk, unless somebody has, and only could not say so any more."""
    if result_of(job.folder, token.name) is not None:
        return 0
    manifest = job.manifest
    file, cut = manifest.chunks[int(token.name)]
    frames: list[pl.DataFrame] = []
    unread: Unread = {}
    head, first = "", cut.first
    for frame in cut_batches(file, cut, scoring.rows):
        ready = scoring.ready(frame, Path(file.path), first)
        found, lost = scoring.model.counted(ready, typed=scoring.typed, first=first)
        frames.append(found)
        unread, head, first = added(unread, lost), head or scoring.head(ready).decode(), first + found.height
    if not frames:
        empty = scoring.ready(pl.DataFrame(), Path(file.path), 0)
        frames, head = [scoring.model.score(empty, typed=scoring.typed)], scoring.head(empty).decode()
    rows = sum(frame.height for frame in frames)
    content = rendered_part(manifest, scoring, frames)
    name = part_name(manifest, token.name)
    put_part(parts_of(job.folder, manifest), name, content, job.worker)
    digest = hashlib.sha256(content).hexdigest()
    result = Result(rows=rows, part=name, size=len(content), digest=digest, head=head, unread=unread)
    put_result(job.folder, token.name, result, job.worker)
    chunk = int(token.name) + 1
    told = f"chunk {chunk:,} of {len(manifest.chunks):,}: {rows:,} rows scored"
    job.listener(Event(stage="read", text=told, facts={"rows": rows, "chunk": chunk}))
    return 1


def _finish(job: _Job) -> int:
    """Of all parts the output, declared once."""
    manifest = job.manifest
    results = [_known(job, name) for name in manifest.names]
    unread = added(*(result.unread for result in results))
    check_unread(unread, manifest.options.unread, manifest.data)
    assemble(job.folder, manifest, results, job.worker)
    parts: list[dict[str, str | int]] = [
        {"name": result.part, "rows": result.rows, "sha256": result.digest} for result in results
    ]
    found = Complete(rows=sum(result.rows for result in results), out=manifest.out, parts=parts, warnings=told(unread))
    declare(manifest, results, found, job.worker)
    put_complete(job.folder, found, job.worker)
    return 0


def _known(job: _Job, name: str) -> Result:
    result = result_of(job.folder, name)
    if result is None:
        raise MachineError("the result of a chunk is gone", where=str(job.folder), hint=ANEW)
    return result


def _ending(job: _Job) -> Complete:
    """The output, or the error of what failed."""
    if (found := complete_of(job.folder)) is not None:
        tidy(job.folder, job.manifest)
        for sentence in found.warnings:
            told_of = f"{sentence}; such cells count as missing"
            job.listener(Event(stage="read", text=told_of, facts={"warning": sentence}))
        return found
    token = of.tokens(job.folder, of.FAILED)[0]
    reason = reason_of(job.folder, token.name)
    resume = f"What is done stays. When it is mended: `automl predict --join {job.folder} --resume`."
    raise type(reason)(
        f"{_called(job.manifest, token)} failed: {reason.what}",
        where=reason.where,
        hint=f"{reason.hint} {resume}" if reason.hint else resume,
    ) from None


def _called(manifest: Manifest, token: Token) -> str:
    if token.name == FINISH:
        return "completing the output"
    file, cut = manifest.chunks[int(token.name)]
    rows = "" if cut.rows is None else f", rows {cut.first + 1:,} to {cut.first + cut.rows:,}"
    return f"chunk {int(token.name) + 1:,} of {len(manifest.chunks):,} ({file.path}{rows})"
