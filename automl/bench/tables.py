"""The `[tables]` of a benchmark's `task.toml` as `[data.tables]` of a spec: how each hangs on the main one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Told = Mapping[str, Any]  # what a task.toml says


def tables_of(task: Told, folder: Path) -> dict[str, object]:
    """What `[data]` gets of several tables: ``tables``, and as ``time`` the moment at which the prediction is made.

    A table that main points to is joined by that key. Of one whose rows are known only after the moment of the row
    that points to them, earlier rows serve: it is joined by the key without the moment. A table that shares a parent
    with main, whether the parent has a file or not, is joined by the parent's key; with two parents it is joined twice.
    """
    said = task["tables"]
    main = said["main"]
    ways = {name: list(_ways(name, table, task)) for name, table in said.items() if name != "main"}
    found: dict[str, object] = {}
    for name, keys in ways.items():
        table = said[name]
        for its, other in keys:
            title = name if len(keys) == 1 else f"{name}_by_{'_'.join(its)}"
            on = dict(zip(its, other, strict=True))
            entry: dict[str, object] = {"path": str((folder / table["file"]).resolve())}
            entry["on"] = on if any(a != b for a, b in on.items()) else list(on)
            time = table.get("time_index")
            found[title] = entry | ({"time": time} if time and time not in its else {})
    return {"tables": found} | ({"time": main["cutoff_time"]} if "cutoff_time" in main else {})


Key = tuple[str, ...]


def _ways(name: str, table: Told, task: Told) -> Iterator[tuple[Key, Key]]:
    """The keys by which a table meets main: its columns, main's columns."""
    parents = task["tables"]["main"].get("parents", ())
    own = {parent["table"]: _key(parent["key"]) for parent in parents}
    named = {parent["table"]: _key(parent.get("foreign_key", parent["key"])) for parent in parents}
    if name in own:
        moment, time = task.get("time_column"), table.get("time_index")
        late = time is not None and time not in own[name] and moment in own[name]
        pairs = zip(named[name], own[name], strict=True)
        its, main = zip(*(pair for pair in pairs if not late or pair[1] != moment), strict=True)
        yield its, main
        return
    parents = [table["parent"]] if "parent" in table else table.get("parents", ())
    for parent in parents:
        if parent["table"] in own:
            yield _key(parent["key"]), own[parent["table"]]


def _key(said: str | list[str]) -> Key:
    return (said,) if isinstance(said, str) else tuple(said)
