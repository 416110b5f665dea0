"""Sets up the explanations of a bundle: its graph with the costs of each action, its background, what may change."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automl.bundle.golden_text import raw_cell, written
from automl.bundle.scorer import Scorer
from automl.data.read.column_reader import ColumnReader
from automl.data.read.reader import read_value
from automl.data.read.unread import TEXTS
from automl.errors import BundleError
from automl.explain.counterfactual import Grid
from automl.explain.explain import Answers, Explainer, Row
from automl.explain.explanation import Explanations, Words
from automl.explain.game import Array, Columns, Game, Player
from automl.explain.players import players_of
from automl.graph.inner import action_costs, with_output
from automl.graph.runtime import open_runtime
from automl.names import outside

Floats = NDArray[np.float64]
Document = Mapping[str, Any]  # JSON whose hash was checked
Inputs = Sequence[tuple[str, str, type]]  # of the graph: name, column, kind of cell
EXTREMES = 12  # golden rows at their end that look like no row: see `bundle.golden.synthetic`
REASONS = 4
SECONDS = 5.0  # for one row, at most


def explainer_of(scorer: Scorer, profile: Document, read: Callable[[str], bytes]) -> Explainer:
    """What explains rows of the bundle of `scorer`; `profile` is its profile.json, `read` gives files by name.

    `BundleError` where its background has no answer.
    """
    manifest, inputs, model = scorer.manifest, scorer.inputs, read("model.onnx")
    decides = bool(manifest["decisions"])
    costs = action_costs(model) if decides else None
    session = open_runtime(model if costs is None else with_output(model, costs))
    outputs = [manifest["outputs"][0]["name"], *([] if costs is None else [costs])]

    def run(columns: Columns) -> Floats:
        return np.concatenate(session.run(outputs, _feeds(columns, inputs)), axis=1, dtype=np.float64)

    def decide(columns: Columns) -> Array:
        decisions: Array = session.run(["decision"], _feeds(columns, inputs))[0][:, 0]
        return decisions

    pairs = [(one, other) for one, other in profile.get("pairs", ())]
    players = players_of(manifest["reader"]["columns"], pairs, scorer.sources, [column for _, column, _ in inputs])
    try:
        game = Game.over(_background(scorer, profile, read), players, run)
    except ValueError as error:
        raise BundleError(f"nothing can be explained: {error}", where="profile.json", hint="Fit again.") from error
    return Explainer(
        game=game,
        answers=_answers(manifest, has_costs=costs is not None),
        grids=_grids(manifest, profile, players),
        decide=decide if decides else None,
    )


def explanations(
    explainer: Explainer,
    scorer: Scorer,
    rows: Sequence[Mapping[str, object]],
    columns: Columns,
    *,
    seconds: float,
    first: int = 1,
) -> Explanations:
    """Why raw `rows` [n] are answered as they are; `columns` [n] are what the reader makes of them.

    Each takes at most about `seconds`; the first one has the number `first`.
    """
    each = _rows(explainer, rows, columns, scorer.manifest["keys"], first)
    found = tuple(explainer.explain(row, seconds=seconds) for row in each)
    return Explanations(each=found, words=words_of(scorer.manifest))


def words_of(manifest: Document) -> Words:
    """How the spec of a bundle wants columns and levels to be called, and how many reasons."""
    asked = _asked(manifest)
    columns, levels = asked.get("words") or {}, asked.get("levels") or {}
    return Words(
        columns={outside(name): word for name, word in columns.items()},
        levels={outside(name): dict(own) for name, own in levels.items()},
        most=int(asked.get("reasons") or REASONS),
    )


def _rows(
    explainer: Explainer, rows: Sequence[Mapping[str, object]], columns: Columns, keys: Sequence[str], first: int
) -> Iterator[Row]:
    for place, raw in enumerate(rows):
        row = {outside(name): cell for name, cell in raw.items()}
        yield Row(
            number=first + place,
            keys={key: row[outside(key)] for key in keys if outside(key) in row},
            columns={name: values[place : place + 1] for name, values in columns.items()},
            cells=[
                () if player.is_table else tuple(_cell_text(row.get(name)) for name in player.names)
                for player in explainer.game.players
            ],
        )


def _cell_text(cell: object) -> str:
    """A raw cell as text; of a cost file that is not there it is missing."""
    told = raw_cell(cell)
    return "" if told is None else str(told)


def _asked(manifest: Document) -> Document:
    asked: Document = manifest["spec"]["objective"].get("explain") or {}
    return asked


def _feeds(columns: Columns, inputs: Inputs) -> dict[str, Array]:
    return {given: columns[name].reshape(-1, 1) for given, name, _ in inputs}


def _answers(manifest: Document, *, has_costs: bool) -> Answers:
    target = manifest["target"]
    labels = {"binary": target["texts"][1:], "multiclass": target["texts"]}.get(target["kind"], ())
    currency = (manifest["spec"]["objective"].get("costs") or {}).get("currency") or ""
    decisions = tuple(manifest["decisions"])
    return Answers(labels=tuple(labels), decisions=decisions, has_costs=has_costs, currency=currency)


def _background(scorer: Scorer, profile: Document, read: Callable[[str], bytes]) -> Columns:
    """The background of the profile; of older bundles their golden rows, which are synthetic as well.

    A column that it lacks, as one that new costs name, is missing in it.
    """
    cells = profile.get("background")
    if not cells:
        golden = json.loads(read("golden/rows.json"))
        tables = json.loads(read("golden/tables.json")) if scorer.sources else {}
        return scorer.given(tables).columns_of(golden[:-EXTREMES] or golden)
    rows = len(next(iter(cells.values())))
    return {name: _column(cells.get(name, [None] * rows), kind) for _, name, kind in scorer.inputs}


def _column(cells: Sequence[object], kind: type) -> Array:
    missing: object = "" if kind is object else np.nan
    return np.array([missing if cell is None else cell for cell in cells], dtype=kind)


def _grids(manifest: Document, profile: Document, players: Sequence[Player]) -> dict[str, Grid]:
    """What the columns may become that are a player each, and are neither fixed nor of a cost file."""
    fixed = set(_asked(manifest).get("fixed") or ())
    alone = {player.columns[0] for player in players if len(player.columns) == 1 and not player.is_table}
    grids = {}
    for entry in manifest["reader"]["columns"]:
        name = entry["name"]
        if name not in alone or name in fixed or entry.get("optional") or "parts" in entry:
            continue
        grid = _grid(entry, profile["columns"].get(name))
        if grid is not None and len(grid.cells):
            grids[name] = grid
    return grids


def _grid(entry: ColumnReader, margin: Document | None) -> Grid | None:
    """The cells that a column may hold, as far as the reader reads them as they are meant."""
    if margin is None:
        return None
    if entry["wire"] in TEXTS:
        levels = [level for level in margin.get("levels") or () if read_value(entry, level) == level]
        return Grid(cells=tuple(levels), values=np.array(levels, dtype=object), places=None)
    places = dict(_places(margin))
    cells = {float(read_value(entry, text)): text for text in (written(entry, number) for number in places)}
    known = [(number, place) for number, place in places.items() if number in cells]
    return Grid(
        cells=tuple(cells[number] for number, _ in known),
        values=np.array([number for number, _ in known]),
        places=np.array([place for _, place in known]),
    )


def _places(margin: Document) -> Sequence[tuple[float, float]]:
    """The values that stand for parts of a distribution, and where in it they lie, between 0 and 1."""
    bins = margin.get("bins")
    if bins is None:
        quantiles = margin.get("quantiles") or {}
        return [(value, float(place)) for place, value in quantiles.items() if value is not None]
    shares = np.array(bins["shares"])
    middle = (np.cumsum(shares) - shares / 2) / shares.sum()
    return list(zip(bins["values"], middle.tolist(), strict=True))
