"""The page's explanations are those of Python: the same orders, values, errors, pairs, money and smallest changes."""

from __future__ import annotations

import importlib.resources
import json
import shutil
import subprocess
from typing import Any

import numpy as np
import pytest

from automl.deploy.export._explainer import as_document
from automl.explain.counterfactual import Grid
from automl.explain.explain import Answers, Explainer, Row
from automl.explain.explanation import Words
from automl.explain.game import Game, Player
from automl.explain.shapley import _orders

TWIN = importlib.resources.files("automl.deploy.export") / "web_page" / "explain.js"
NODE = shutil.which("node")
GRAPHS = """
import { readFileSync } from "node:fs";
const { explain, orders } = await import(process.argv[1]);
const z = (a, b, c, job) => 0.02 * a - 0.5 * b + 0.04 * a * c + { clerk: 0.8, farmer: -0.3, "": 0.1 }[job];
const each = (columns, make) => columns.a.map((_, row) =>
  make(columns.a[row] ?? NaN, columns.b[row] ?? NaN, columns.c[row] ?? NaN, columns.job[row]));
const score = (...cells) => z(...cells.map((cell) => (Number.isNaN(cell) ? 0 : cell)));
const chance = (...cells) => 1 / (1 + Math.exp(-score(...cells)));
const costs = (a, b, c, job) => { const p = chance(a, b, c, job); return [p, 5 * p, 1 - p, 0.4 + 0.1 * p]; };
const least = (cells) => ["grant", "decline", "ask"][cells.slice(1).indexOf(Math.min(...cells.slice(1)))];
const three = (a, b, c, job) => { const p = chance(a, b, c, job); return [p / 2, 1 - p, p / 2]; };
const graphs = {
  money: {
    run: (columns) => each(columns, costs),
    decide: (columns) => each(columns, (...own) => least(costs(...own))),
  },
  number: { run: (columns) => each(columns, (...own) => [score(...own)]) },
  classes: {
    run: (columns) => each(columns, three),
    decide: (columns) => each(columns, (...own) => (chance(...own) > 0.5 ? "low" : "mid")),
  },
};
const asked = JSON.parse(readFileSync(0, "utf-8"));
const found = [];
for (const { setup, kind, row, seed } of asked.games) {
  const given = Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, cell ?? NaN]));
  found.push(await explain(setup, graphs[kind], given, { seconds: 60, seed, now: () => 0 }));
}
console.log(JSON.stringify({ found, orders: asked.orders.map((own) => orders(...own)) }));
"""
DRAW = np.random.default_rng(3)
BACKGROUND = {
    "a": np.where(DRAW.random(40) < 0.1, np.nan, DRAW.normal(40, 12, 40).round()),
    "b": DRAW.integers(0, 5, 40).astype(float),
    "c": DRAW.normal(0, 1, 40).round(2),
    "job": DRAW.choice(np.array(["clerk", "farmer", ""], dtype=object), 40),
}
PLAYERS = (
    Player(names=("a",), columns=("a",)),
    Player(names=("b", "c"), columns=("b", "c")),
    Player(names=("job",), columns=("job",)),
)
ALONE = tuple(Player(names=(name,), columns=(name,)) for name in BACKGROUND)
GRIDS = {
    "a": Grid(
        cells=("20", "30", "50", "80"), values=np.array([20.0, 30, 50, 80]), places=np.array([0.1, 0.3, 0.7, 0.9])
    ),
    "b": Grid(cells=tuple("01234"), values=np.arange(5.0), places=(np.arange(5) + 0.5) / 5),
    "job": Grid(cells=("clerk", "farmer"), values=np.array(["clerk", "farmer"], dtype=object), places=None),
}
KINDS = {
    "money": Answers(labels=("bad",), decisions=("grant", "decline", "ask"), has_costs=True, currency="EUR"),
    "number": Answers(labels=(), decisions=(), has_costs=False),
    "classes": Answers(labels=("low", "mid", "high"), decisions=("low", "mid"), has_costs=False),
}
pytestmark = pytest.mark.skipif(NODE is None, reason="there is no node on this machine to run JavaScript")


def score(columns):
    """The score of the graphs, as the script above has it."""
    a, b, c = (np.nan_to_num(columns[name], nan=0.0) for name in "abc")
    job = np.array([{"clerk": 0.8, "farmer": -0.3, "": 0.1}[word] for word in columns["job"]])
    return 0.02 * a - 0.5 * b + 0.04 * a * c + job


def run(kind, columns):
    """The numbers of a graph."""
    if kind == "number":
        return score(columns)[:, None]
    p = 1 / (1 + np.exp(-score(columns)))
    return np.column_stack((p, 5 * p, 1 - p, 0.4 + 0.1 * p) if kind == "money" else (p / 2, 1 - p, p / 2))


def decide(kind, columns):
    """The decisions of a graph."""
    if kind == "money":
        return np.array(["grant", "decline", "ask"], dtype=object)[run(kind, columns)[:, 1:].argmin(axis=1)]
    return np.where(1 / (1 + np.exp(-score(columns))) > 0.5, "low", "mid").astype(object)


def explainer(kind, players):
    """The explainer of a graph."""
    game = Game.over(BACKGROUND, players, lambda columns: run(kind, columns))
    own = None if kind == "number" else lambda columns: decide(kind, columns)
    return Explainer(game=game, answers=KINDS[kind], grids=GRIDS if own else {}, decide=own)


def in_javascript(games: list[Any], orders: Any = ()) -> dict[str, Any]:
    """What the twin says of games, and its orders."""
    command = [str(NODE), "--input-type=module", "-e", GRAPHS, TWIN.as_uri()]
    given = json.dumps({"games": games, "orders": list(orders)})
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True, timeout=100)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_orders_are_the_same() -> None:
    """Bit for bit, of few players and many, early and late pairs, any seed."""
    asked = [(2, 0, 40, 0), (7, 3, 20, 5), (90, 990, 1_000, 0), (5, 0, 9, 2**31 + 7)]
    found = in_javascript([], asked)["orders"]
    for (players, start, end, seed), own in zip(asked, found, strict=True):
        assert own == _orders(players, range(start, end), seed).tolist()


def test_explanations_are_the_same() -> None:
    """Of money, a number and classes; players alone and together; rows with gaps and with values of the background."""
    rows = [{name: values[place] for name, values in BACKGROUND.items()} for place in (0, 7)]
    rows += [{"a": 71.0, "b": 4.0, "c": 1.5, "job": "clerk"}, {"a": np.nan, "b": 0.0, "c": -2.0, "job": ""}]
    games, want = [], []
    for kind in KINDS:
        for players in (PLAYERS, ALONE):
            own = explainer(kind, players)
            setup = as_document(own, Words(columns={}, levels={}, most=4))
            for seed, row in enumerate(rows):
                told = {name: None if cell != cell else cell for name, cell in row.items()}  # noqa: PLR0124  # NaN
                games.append({"setup": setup, "kind": kind, "row": told, "seed": seed})
                columns = {name: np.array([cell], dtype=BACKGROUND[name].dtype) for name, cell in row.items()}
                cells = [("",) * len(player.names) for player in players]
                given = Row(number=1, keys={}, columns=columns, cells=cells)
                want.append(own.explain(given, seconds=600, seed=seed))
    changed = set()
    for found, one in zip(in_javascript(games)["found"], want, strict=True):
        same(found, one)
        changed.add(len(one.counterfactual.changes) if one.counterfactual else None)
    assert {None, 1, 2} <= changed, "the games have changes of one column and of two"


def same(found, want):
    """Everything of one explanation agrees: words to the letter, numbers within 1e-9."""
    assert (found["decision"], found["pairs"], found["background"]) == (want.decision, want.pairs, want.background)
    near(found["score"], want.score)
    near(found["money"], want.money)
    assert [tuple(reason["names"]) for reason in found["reasons"]] == [reason.names for reason in want.reasons]
    for got, reason in zip(found["reasons"], want.reasons, strict=True):
        near({name: cell for name, cell in got.items() if name != "names"}, reason)
    if want.counterfactual is None:
        assert found["counterfactual"] is None
        return
    got = found["counterfactual"]
    assert [(c["column"], c["cell"]) for c in got["changes"]] == [
        (c.column, c.cell) for c in want.counterfactual.changes
    ]
    assert (got["decision"], got["complete"]) == (want.counterfactual.decision, want.counterfactual.complete)
    assert got["size"] == pytest.approx(want.counterfactual.size, abs=2e-9)


def near(found, want):
    """The fields of a value by name."""
    assert (found is None) == (want is None)
    for name, cell in (found or {}).items():
        own = getattr(want, name)
        assert cell == (own if own is None or isinstance(own, str) else pytest.approx(own, abs=1e-9)), name
