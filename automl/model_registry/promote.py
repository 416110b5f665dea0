"""Which version answers: promoted, rolled back, or tried on a share of requests; each verifies before it is moved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from automl.bundle.verify import verify
from automl.errors import BundleError, SpecError
from automl.model_registry.change import Note, commit, writing
from automl.model_registry.register import key_of
from automl.model_registry.state import SHORT, Canary, State, place, version_of

PARENTS: Final = 1_000  # champions of the past that a rollback finds


def promote(folder: Path, version: str, *, note: Note | None = None) -> State:
    """Let a version be the champion, which answers from now on; the state after.

    `version` is a content hash or the begin of one, ``canary`` or ``parent``. A canary ends: it is the champion now, or
    was compared with another one. Nothing happens where the version is the champion already.

    Raises `BundleError` where it does not verify, `SpecError` where there is none, `MachineError` as `register`.
    """
    note = note or Note()
    with writing(folder) as state:
        chosen = version_of(state, version, folder)
        if chosen == state.champion:
            return state
        _check(folder, chosen)
        before = state.champion
        parents = (before, *state.parents)[:PARENTS] if before else state.parents
        event = note.event("promote", chosen, parent=before)
        return commit(folder, replace(state, champion=chosen, parents=parents, canary=None), event)


def rollback(folder: Path, *, note: Note | None = None) -> State:
    """Let the champion before this one answer again; a canary ends. Errors as `promote`."""
    note = note or Note()
    with writing(folder) as state:
        chosen = version_of(state, "parent", folder)
        _check(folder, chosen)
        event = note.event("rollback", chosen, parent=state.champion)
        return commit(folder, replace(state, champion=chosen, parents=state.parents[1:], canary=None), event)


def start_canary(
    folder: Path, version: str, *, share: float, loss_budget: float | None = None, note: Note | None = None
) -> State:
    """Let a version answer a `share` of requests, in place of a canary before it. Errors as `promote`."""
    note = note or Note()
    if not 0 < share < 1:
        raise SpecError("a canary answers a share between 0 and 1", where="--canary", hint="Say 10%, for example.")
    if loss_budget is not None and not 0 <= loss_budget < float("inf"):
        raise SpecError("a loss budget is an amount of money, 0 or more", where="--loss-budget")
    with writing(folder) as state:
        chosen = version_of(state, version, folder)
        if state.champion is None:
            raise BundleError("a canary needs a champion beside it", where=str(folder), hint="Promote it for all.")
        if chosen == state.champion:
            raise SpecError("this version is the champion", where=str(folder), hint="A canary is another one.")
        _check(folder, chosen)
        event = note.event("canary", chosen, parent=state.champion, facts={"share": share, "loss_budget": loss_budget})
        canary = Canary(version=chosen, share=share, loss_budget=loss_budget, since=event.when)
        return commit(folder, replace(state, canary=canary), event)


def withdraw(folder: Path, *, only: Canary | None = None, note: Note | None = None) -> State:
    """Let the champion answer alone again. With `only`, nothing happens where another canary has begun, or none is.

    `BundleError` where there is no canary.
    """
    note = note or Note()
    with writing(folder) as state:
        if only is not None and state.canary != only:
            return state
        event = note.event("withdraw", version_of(state, "canary", folder), parent=state.champion)
        return commit(folder, replace(state, canary=None), event)


def _check(folder: Path, version: str) -> None:
    """Refuse a version that is not what was registered."""
    path = place(folder, version)
    found = verify(path, require_signature=key_of(folder)).content_hash
    if found != version:
        what = f"the bundle in place of version {version[:SHORT]} is {found[:SHORT]}"
        raise BundleError(what, where=str(path), hint="Register the right one again.")
