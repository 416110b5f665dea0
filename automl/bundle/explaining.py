"""Sets up the explanations of a bundle: its graph with the costs of each action, its background, what may change."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.bundle.files import Files
from automl.bundle.golden_cells import raw_cell
from automl.bundle.golden_tables import read_golden
from automl.bundle.golden_text import written
from automl.bundle.margins import Margin
from automl.bundle.profile import Profile, read_profile
from automl.data.read.column_reader import ColumnReader
from automl.data.read.reader import read_value
from automl.data.read.typed_tables import RelationalDocument
from automl.errors import BundleError
from automl.explain.counterfactual import Grid
from automl.explain.explain import Answers, Explainer, Row
from automl.explain.explanation import Words
from automl.explain.game import Array, Columns, Game, Player
from automl.explain.players import players_of
from automl.features.relational.codec import from_json
from automl.features.relational.definition import MAIN, hops
from automl.graph.inner import action_costs, with_output
from automl.graph.runtime import open_runtime
from automl.names import inside, outside

Floats = NDArray[np.float64]
EXTREMES = 12  # golden rows at their end that look like no row: see `bundle.golden.synthetic`
TEXTS = ("category", "text")
REASONS = 4


def explainer_of(
    files: Files, relational: RelationalDocument | None, inputs: Sequence[tuple[str, str, type]]
) -> Explainer:
    """What explains rows of a bundle; `inputs` are those of its graph: name, column, kind of cell.

    `relational` is the document of its other tables, None without such.

    `BundleError` where its background has no answer.
    """
    profile = read_profile(files)
    model = files.read("model.onnx")
    costs = action_costs(model) if files.manifest.decisions else None
    session = open_runtime(model if costs is None else with_output(model, costs))
    outputs = [files.manifest.outputs[0].name, *([] if costs is None else [costs])]

    def run(columns: Columns) -> Floats:
        return np.concatenate(session.run(outputs, _feeds(columns, inputs)), axis=1, dtype=np.float64)

    def decide(columns: Columns) -> Array:
        decisions: Array = session.run(["decision"], _feeds(columns, inputs))[0][:, 0]
        return decisions

    players = _players(files, relational, profile, [column for _, column, _ in inputs])
    try:
        game = Game.over(_background(files, relational, profile, inputs), players, run)
    except ValueError as error:
        raise BundleError(f"nothing can be explained: {error}", where=str(files.folder), hint="Fit again.") from error
    return Explainer(
        game=game,
        answers=_answers(files, has_costs=costs is not None),
        grids=_grids(files, profile, players),
        decide=decide if files.manifest.decisions else None,
    )


def words_of(files: Files) -> Words:
    """How the spec of a bundle wants columns and levels to be called, and how many reasons."""
    asked = _asked(files)
    columns, levels = asked.get("words") or {}, asked.get("levels") or {}
    return Words(
        columns={outside(name): word for name, word in columns.items()},
        levels={outside(name): dict(own) for name, own in levels.items()},
        most=int(asked.get("reasons") or REASONS),
    )


def rows_of(
    explainer: Explainer, frame: pl.DataFrame, columns: Columns, keys: Sequence[str], first: int
) -> Iterator[Row]:
    """The rows of a raw `frame` [n] whose `columns` have passed the reader; the first one has the number `first`."""
    known = [key for key in keys if inside(key) in frame.columns]
    shown = {name for player in explainer.game.players if not player.is_table for name in player.names}
    texts = {name: _texts(frame, name) for name in shown}
    for place in range(frame.height):
        yield Row(
            number=first + place,
            keys={key: frame[inside(key)][place] for key in known},
            columns={name: values[place : place + 1] for name, values in columns.items()},
            cells=[
                () if player.is_table else tuple(texts[name][place] for name in player.names)
                for player in explainer.game.players
            ],
        )


def _texts(frame: pl.DataFrame, name: str) -> list[str]:
    """The raw cells of a column as text; of a cost file that is not there they are missing."""
    if inside(name) not in frame.columns:
        return [""] * frame.height
    return ["" if cell is None else str(cell) for cell in map(raw_cell, frame[inside(name)].to_list())]


def _asked(files: Files) -> Mapping[str, Any]:
    return files.manifest.objective.get("explain") or {}


def _feeds(columns: Columns, inputs: Sequence[tuple[str, str, type]]) -> dict[str, Array]:
    return {given: columns[name].reshape(-1, 1) for given, name, _ in inputs}


def _answers(files: Files, *, has_costs: bool) -> Answers:
    target = files.manifest.target
    labels = {"binary": target.texts[1:], "multiclass": target.texts}.get(target.kind, ())
    currency = (files.manifest.objective.get("costs") or {}).get("currency") or ""
    return Answers(labels=labels, decisions=files.manifest.decisions, has_costs=has_costs, currency=currency)


def _players(
    files: Files, relational: RelationalDocument | None, profile: Profile, used: Sequence[str]
) -> tuple[Player, ...]:
    """The raw columns, and the tables that computed columns are reached by."""
    tables: dict[str, str] = {}
    if relational is not None:
        for feature in from_json(relational["definitions"]).features:
            tables[feature.name] = next((hop.table for hop in hops(feature.expr)), MAIN)
    return players_of(files.manifest.reader["columns"], profile.pairs, tables, used)


def _background(
    files: Files, relational: RelationalDocument | None, profile: Profile, inputs: Sequence[tuple[str, str, type]]
) -> Columns:
    """The background of the profile; of older bundles their golden rows, which are synthetic as well.

    A column that it lacks, as one that new costs name, is missing in it.
    """
    cells: Mapping[str, Sequence[object]] = profile.background or _golden(files, relational)
    rows = len(next(iter(cells.values())))
    return {name: _column(cells.get(name, [None] * rows), kind) for _, name, kind in inputs}


def _golden(files: Files, relational: RelationalDocument | None) -> Mapping[str, Sequence[object]]:
    read = files.read
    rows: list[dict[str, object]] = json.loads(read("golden/rows.json"))
    tables = json.loads(read("golden/tables.json")) if "golden/tables.json" in files.manifest.files else {}
    usual = rows[:-EXTREMES] or rows
    return read_golden(files.manifest.reader, usual, relational, tables).to_dict(as_series=False)


def _column(cells: Sequence[object], kind: type) -> Array:
    missing: object = "" if kind is object else np.nan
    return np.array([missing if cell is None else cell for cell in cells], dtype=kind)


def _grids(files: Files, profile: Profile, players: Sequence[Player]) -> dict[str, Grid]:
    """What the columns may become that are a player each, and are neither fixed nor of a cost file."""
    fixed = set(_asked(files).get("fixed") or ())
    alone = {player.columns[0] for player in players if len(player.columns) == 1 and not player.is_table}
    grids = {}
    for entry in files.manifest.reader["columns"]:
        name = entry["name"]
        if name not in alone or name in fixed or entry.get("optional") or "parts" in entry:
            continue
        grid = _grid(entry, profile.columns.get(name))
        if grid is not None and len(grid.cells):
            grids[name] = grid
    return grids


def _grid(entry: ColumnReader, margin: Margin | None) -> Grid | None:
    """The cells that a column may hold, as far as the reader reads them as they are meant."""
    if margin is None:
        return None
    if entry["wire"] in TEXTS:
        levels = [level for level in margin.levels or () if read_value(entry, level) == level]
        return Grid(cells=tuple(levels), values=np.array(levels, dtype=object), places=None)
    places = dict(_places(margin))
    cells = {float(read_value(entry, text)): text for text in (written(entry, number) for number in places)}
    known = [(number, place) for number, place in places.items() if number in cells]
    return Grid(
        cells=tuple(cells[number] for number, _ in known),
        values=np.array([number for number, _ in known]),
        places=np.array([place for _, place in known]),
    )


def _places(margin: Margin) -> Sequence[tuple[float, float]]:
    """The values that stand for parts of a distribution, and where in it they lie, between 0 and 1."""
    if margin.bins is None:
        quantiles = margin.quantiles or {}
        return [(value, float(place)) for place, value in quantiles.items() if value is not None]
    shares = np.array(margin.bins.shares)
    middle = (np.cumsum(shares) - shares / 2) / shares.sum()
    return list(zip(margin.bins.values, middle.tolist(), strict=True))
