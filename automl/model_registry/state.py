"""What a registry says now, in one file: whoever replaces it moves champion, canary and history in one step."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from automl.bundle.plain_file import read_file
from automl.errors import BundleError, SpecError, nearest

VERSIONS: Final = "versions"  # the folder of the bundles, HASH.bundle each
HISTORY: Final = "history.jsonl"
CURRENT: Final = "current"  # the file of the state: the one pointer
KEY: Final = "key.pub"  # the public key, where versions have to be signed
PROTOCOL: Final = 1
SHORT: Final = 12  # signs of a content hash that people compare
_FEWEST = 4  # signs that name a version
_VERSION = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """A challenger that answers a `share` of requests, until it may have lost its `loss_budget` in money.

    `since` is when it began (ISO 8601); a challenger without a budget is withdrawn by its gates alone.
    """

    version: str
    share: float
    loss_budget: float | None
    since: str


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All that a registry says: versions are content hashes, the last registered one last.

    `parents` were champions before, the last one first. `serial` is the highest that was registered. The first
    `history` bytes of the history are true: what stands behind them was never done.
    """

    champion: str | None = None
    parents: tuple[str, ...] = ()
    canary: Canary | None = None
    versions: tuple[str, ...] = ()
    serial: int | None = None
    history: int = 0

    @property
    def challenger(self) -> str | None:
        """The version that is tried as a canary."""
        return self.canary.version if self.canary else None

    @property
    def answering(self) -> tuple[str, ...]:
        """The versions that answer now: the champion, and the challenger where there is one."""
        return tuple(version for version in (self.champion, self.challenger) if version is not None)

    def to_bytes(self) -> bytes:
        """As it is written."""
        return json.dumps({"protocol": PROTOCOL, **asdict(self)}, indent=1).encode() + b"\n"


def is_registry(path: Path) -> bool:
    """Whether the folder is that of a registry."""
    return (path / CURRENT).is_file()


def place(folder: Path, version: str) -> Path:
    """Where the bundle of a version lies."""
    return folder / VERSIONS / f"{version}.bundle"


def check_name(folder: Path) -> None:
    """Refuse a registry whose name is none that a path, an address or a label of a metric can hold (V06)."""
    if not _NAME.fullmatch(folder.name):
        hint = "Letters a to z, digits and single hyphens make one: models/credit-risk."
        raise SpecError(f"{folder.name!r} is no name of a model", where=str(folder), hint=hint)


def read_state(folder: Path) -> State:
    """The state of the registry in `folder`; `BundleError` where there is none, or what stands there is none."""
    if not is_registry(folder):
        there = any((folder / name).exists() for name in (HISTORY, VERSIONS))
        what = "the registry has lost its pointer" if there else "there is no such registry"
        hint = f"Put the file {CURRENT} back." if there else "`automl register BUNDLE models/NAME` makes one."
        raise BundleError(what, where=str(folder), hint=hint)
    return state_of(read_file(folder, CURRENT), folder)


def state_of(content: bytes, folder: Path) -> State:
    """The state that `content` is: hashes are hashes, so that no one of them leads out of the folder."""
    try:
        written: dict[str, Any] = json.loads(content)
        if written.pop("protocol") != PROTOCOL:
            raise _damaged(folder, "it was written by another version of automl")
        canary = written["canary"]
        state = State(
            **written
            | {"canary": canary and Canary(**canary)}
            | {name: tuple(written[name]) for name in ("parents", "versions")}
        )
        named = [*state.versions, *state.parents, *state.answering]
        if not all(_VERSION.fullmatch(version) for version in named) or not set(named) <= set(state.versions):
            raise _damaged(folder, "it names what is no version")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _damaged(folder, "it cannot be read") from error
    return state


def version_of(state: State, text: str, folder: Path) -> str:
    """The version that `text` names: by a role (champion, canary, parent, newest), or by the begin of its hash."""
    roles = {
        "champion": state.champion,
        "canary": state.challenger,
        "parent": next(iter(state.parents), None),
        "newest": next(reversed(state.versions), None),
    }
    if text in roles:
        if (named := roles[text]) is not None:
            return named
        hint = "No other version came before." if text == "parent" else f"`automl history {folder}` says what there is."
        raise BundleError(f"the registry has no {text} version", where=str(folder), hint=hint)
    found = [version for version in state.versions if len(text) >= _FEWEST and version.startswith(text)]
    if len(found) == 1:
        return found[0]
    if found:
        raise SpecError(f"{len(found)} versions begin with {text!r}", where=str(folder), hint="Give more of the hash.")
    near = nearest(text, [*roles, *(version[:SHORT] for version in state.versions)])
    hint = f"Did you mean {near!r}?" if near else f"`automl history {folder}` lists them."
    raise SpecError(f"no version {text!r}", where=str(folder), hint=hint)


def _damaged(folder: Path, why: str) -> BundleError:
    return BundleError(f"the pointer of the registry is damaged: {why}", where=str(folder / CURRENT))
