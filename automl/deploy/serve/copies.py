"""What is served, copied to where nobody else writes: a bundle, or what the pointer of a registry says, with tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from automl import disk
from automl.data.read.files import files
from automl.data.read.remote.fetched import fetched
from automl.deploy.serve.settings import Settings
from automl.errors import AutomlError, BundleError, DataError, MachineError
from automl.model_registry.register import key_of
from automl.model_registry.resolve import version_path
from automl.model_registry.state import Canary, State, is_registry, read_state, version_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """The bundle that answers, of a registry its `version`, and the bundle of its `canary`, where there is one."""

    bundle: Path
    version: str | None = None
    challenger: Path | None = None
    canary: Canary | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """The path that is served: a bundle, read when it is asked for, or a registry, whose pointer is followed.

    `ended` are canaries, by when they began, that were withdrawn here, whether or not the registry could be told.
    """

    path: Path
    ended: set[str] = field(default_factory=set)

    @property
    def is_followed(self) -> bool:
        """Whether it is a registry."""
        return is_registry(self.path)

    def look(self) -> Serving:
        """What is to be served now; `BundleError` where a version is not the one that was registered."""
        if not self.is_followed:
            return Serving(bundle=self.path)
        state = read_state(self.path)
        version, canary = version_of(state, "champion", self.path), self._canary(state)
        return Serving(
            bundle=version_path(self.path, version),
            version=version,
            challenger=version_path(self.path, canary.version) if canary else None,
            canary=canary,
        )

    def has_moved(self, served: Serving) -> bool:
        """Whether something else is to be served now; what cannot be read now has not moved."""
        try:
            state = read_state(self.path)
        except AutomlError:
            return False
        return (state.champion, self._canary(state)) != (served.version, served.canary)

    def _canary(self, state: State) -> Canary | None:
        return None if state.canary is None or state.canary.since in self.ended else state.canary


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """Bundles and the other tables that they read as they were at one moment, where nobody else writes."""

    serving: Serving
    bundle: Path
    challenger: Path | None
    tables: Mapping[str, str]

    def order(self) -> dict[str, str]:
        """What a worker is told to load."""
        canary = self.serving.canary
        told = {"do": "load", "path": str(self.bundle), "tables": json.dumps(dict(self.tables))}
        if canary is None or self.challenger is None:
            return told
        return told | {"challenger": str(self.challenger), "share": repr(canary.share), "since": canary.since}

    def remove(self) -> None:
        """Remove them, once nobody answers with them."""
        disk.discard(self.bundle.parent)


def with_key(settings: Settings, path: Path) -> Settings:
    """Settings that ask for the signature that the registry asks for, where they name no key."""
    key = key_of(path) if settings.key is None else None
    return settings if key is None else replace(settings, key=str(key.absolute()))


def copied(serving: Serving, tables: Mapping[str, str], room: Path) -> Copy:
    """Copies in the new folder `room`, which is gone where they cannot be made: then an `AutomlError` says why."""
    bundle = room / f"bundle{serving.bundle.suffix}"
    if not serving.bundle.exists():
        raise BundleError("there is no such bundle", where=str(serving.bundle), hint="`automl fit SPEC` writes one")
    disk.make_folder(room)
    _copy(serving.bundle, bundle, room)
    challenger = None
    if serving.challenger is not None:
        challenger = room / "challenger.bundle"
        _copy(serving.challenger, challenger, room)
    return Copy(serving=serving, bundle=bundle, challenger=challenger, tables=pinned(tables, room))


def _copy(bundle: Path, target: Path, room: Path) -> None:
    try:
        disk.copy(bundle, target)
    except (OSError, MachineError) as error:
        disk.discard(room)
        if isinstance(error, MachineError):
            raise
        raise BundleError(f"the bundle cannot be read: {type(error).__name__}", where=str(bundle)) from error


def pinned(tables: Mapping[str, str], room: Path) -> dict[str, str]:
    """Copies of the other tables: a worker that starts anew answers as those that were there before."""
    pinned = {}
    for number, (name, where) in enumerate(tables.items()):
        try:
            pinned[name] = str(_pinned_files(Path(where), room / f"table{number}"))
        except (OSError, AutomlError) as error:
            disk.discard(room)
            if isinstance(error, MachineError):
                raise
            why = error.what if isinstance(error, AutomlError) else error.strerror or error
            what = f"the table '{name}' cannot be read: {why}"
            raise DataError(what, where=where, hint="Give it with --table NAME=FILE.") from error
    return pinned


def _pinned_files(where: Path, room: Path) -> Path:
    """Copies of all files behind a file, a folder or a pattern, where links lead too; and what they are behind now."""
    where = fetched(where)
    base = where if where.is_dir() else where.parent
    for file in files(where):
        target = room / file.relative_to(base)
        disk.make_folder(target.parent)
        disk.copy(file, target)
    return room if where.is_dir() else room / where.name
