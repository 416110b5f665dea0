"""Whether explanations are right: beside all 2^d coalitions, beside shap's trees, their changes beside all changes.

    python benchmarks/explain_oracles.py [--values 1000] [--only NAME ...] [--shap PYTHON]

Each kind is a bundle that `fit` wrote from made rows of ten columns, with one learner in two trials. Rows are
explained until there are `--values` values of (row, column), and as many of money where there are costs; each should
lie within t(.995) standard errors of its oracle, which enumerates all coalitions over the graph and the bundle's
background without a line of the sampler, and the sums within 1e-9 of what they divide. Of `CHANGED` rows every change
of one or two columns over the grids of the profile is tried. `--shap` names the Python of a venv that has shap: on
plain numbers the values of bundles of trees are held against its TreeExplainer (interventional, over the same
background), which is given the trees of the graph; a probability is not a sum over trees, so there the raw score is
explained.

The tables are results/explain_oracles.md.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))  # before any library is imported

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl import Bundle, fit
from automl.bench.records import markdown
from automl.explain.explain import Answers, Explainer, Row
from automl.explain.explanation import Explanation
from automl.explain.game import Columns, Game
from automl.graph.inner import with_output
from automl.graph.parse import Node, parse
from automl.graph.runtime import open_runtime
from automl.testing._explain_oracles import changes, enumerated, gaps, gaps_of, row_of

Floats = NDArray[np.float64]
RESULT = Path(__file__).parent / "results" / "explain_oracles.md"
SHAP = Path(__file__).with_name("explain_oracles_shap.py")
TRAIN, CHANGED, SECONDS, SEED = 1_500, 40, 60.0, 20_261_129
STEPS = 64  # of 1, that numbers come in: float32 has them, and the middles between them
WORDS = ("late", "twice", "never", "paid", "in", "cash", "called", "angry", "moved", "abroad")
COSTS: dict[str, Any] = {
    "binary": {"false_positive": 100, "false_negative": 500, "currency": "EUR"},
    "multiclass": {
        "matrix": {
            "low": {"low": 0, "mid": 20, "high": 90},
            "mid": {"low": 40, "mid": 0, "high": 30},
            "high": {"low": 200, "mid": 80, "high": 0},
        },
        "currency": "EUR",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a bundle is made of: its task and learner; where it is `crossed`, a feature has to be of several columns."""

    name: str
    task: str
    learner: str
    crossed: bool = False
    words: bool = False  # instead of the last category
    plain: bool = False  # numbers only


KINDS = (
    Kind(name="trees, two labels", task="binary", learner="lightgbm"),
    Kind(name="trees, three labels", task="multiclass", learner="lightgbm"),
    Kind(name="trees, a number", task="regression", learner="lightgbm"),
    Kind(name="nets, two labels", task="binary", learner="neural_net"),
    Kind(name="nets, three labels", task="multiclass", learner="neural_net"),
    Kind(name="nets, a number", task="regression", learner="neural_net"),
    Kind(name="net of words, two labels", task="binary", learner="deep_averaging", words=True),
    Kind(name="linear with pairs, two labels", task="binary", learner="sparse_linear"),
    Kind(name="linear with pairs, a number", task="regression", learner="sparse_linear"),
    Kind(name="crossed columns, two labels", task="binary", learner="lightgbm", crossed=True),
    Kind(name="CatBoost's combinations, two labels", task="binary", learner="catboost_categories"),
    Kind(name="CatBoost's combinations, three labels", task="multiclass", learner="catboost_categories"),
)
PLAIN = tuple(
    Kind(name=f"{learner}, {told}", task=task, learner=learner, plain=True)
    for learner in ("lightgbm", "xgboost", "catboost", "random_forest")
    for task, told in (("regression", "a number"), ("binary", "two labels"))
)


def main() -> None:
    """Fit and look at each kind, print the tables as they grow, and write them when all of them were looked at."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--values", type=int, default=1_000, help="of each kind")
    parser.add_argument("--only", nargs="*", default=[], help="parts of names of kinds")
    parser.add_argument("--shap", type=Path, help="a Python that has shap")
    said = parser.parse_args()
    wanted = [kind for kind in KINDS if not said.only or any(part in kind.name for part in said.only)]
    plain = [kind for kind in PLAIN if said.shap and (not said.only or any(part in kind.name for part in said.only))]
    with tempfile.TemporaryDirectory() as scratch:
        own = [_shown(_own(kind, said.values, Path(scratch))) for kind in wanted]
        trees = [_shown(_beside_shap(kind, said.values, said.shap, Path(scratch))) for kind in plain]
    text = "\n".join(_page(own, trees)) + "\n"
    print(text)
    if not said.only:
        RESULT.write_text(text, encoding="utf-8")


def _shown(row: list[str]) -> list[str]:
    print(" | ".join(row), flush=True)
    return row


def _page(own: Sequence[Sequence[str]], trees: Sequence[Sequence[str]]) -> Iterator[str]:
    versions = ", ".join(f"{name} {version(name)}" for name in ("automl", "lightgbm", "catboost", "onnxruntime"))
    yield from ("# Explanations beside their oracles", "")
    yield f"`benchmarks/explain_oracles.py`, {time.strftime('%Y-%m-%d', time.gmtime())}. {versions}."
    yield from (
        "",
        "Within: the share of values within t(.995) standard errors of the oracle; largest: the distance as a share",
        "of what is allowed. Sums: the largest error, as a share of what is divided (of 1 where that is less).",
        "Changes: rows that were told one as small as exhaustive search found, of the rows where it found one; rows",
        "that were told a larger one; changes that the bundle decides as told.",
        "",
    )
    head = ("kind", "columns", "pairs", "values", "within", "largest", "money", "within", "largest", "sums")
    yield from markdown((*head, "changes", "larger", "replayed"), own)
    if trees:
        yield from ("", "## Beside shap.TreeExplainer, on plain numbers", "")
        yield "The whole distance is the largest one between our values and shap's, as a share of the score's spread;"
        yield "enumerated: that between the oracle's values and shap's, as a share of the largest value."
        yield from ("", *markdown(("trees", "values", "within", "largest", "whole distance", "enumerated"), trees))


def _own(kind: Kind, values: int, scratch: Path) -> list[str]:
    """A row of the first table."""
    model, test = _fitted(kind, scratch)
    players = len(model.explainer.game.players)
    frame = test[: -(-values // players)]
    _, columns, _ = model.inputs_of(frame)
    each = model.explain(frame, seconds=SECONDS).each
    found = [gaps(model.explainer, row_of(columns, place), one) for place, one in enumerate(each)]
    scores = [gap for one in found for gap in one.scores]
    money = [gap for one in found for gap in one.money]
    pairs = sorted(one.pairs for one in each)
    told = ["", "", ""]
    if each[0].counterfactual is not None:
        seen = changes(model, frame[:CHANGED], each[:CHANGED])
        told = [f"{seen.found} of {seen.possible}", f"{seen.larger}", f"{seen.replayed} of {seen.told}"]
    share = f"{pairs[len(pairs) // 2]} to {pairs[-1]}"
    sums = f"{max(one.sums for one in found):.0e}"
    return [kind.name, f"{players}", share, *_shares(scores), *_shares(money), sums, *told]


def _shares(found: Sequence[float]) -> list[str]:
    """How many there are, the share of them within, the largest of them."""
    if not found:
        return ["", "", ""]
    return [f"{len(found):,}", f"{np.mean(np.array(found) <= 1.0):.1%}", f"{max(found):.2f}"]


def _fitted(kind: Kind, scratch: Path) -> tuple[Bundle, pl.DataFrame]:
    """A bundle of its kind, and rows that it has not seen."""
    train, test = _rows(kind, TRAIN, 1), _rows(kind, 1_000, 2)
    objective: dict[str, Any] = {"target": "y", "task": kind.task}
    if kind.task in COSTS:
        objective["costs"] = COSTS[kind.task]
    if kind.task == "binary":
        objective["positive"] = "bad"
    spec = {
        "objective": objective,
        "budget": {"time": "10min", "trials": 2, "executor": "inline", "workers": 1, "seed": SEED},
        "recipe": {"folds": 2, "members": 1, "learners": [kind.learner], "feature_search": 0.4 * kind.crossed},
        "report": {"html": False},
    }
    model = fit(spec, train=train, out=scratch / f"{kind.name}.bundle", write_anyway=True).bundle
    if model is None or [member.learner for member in model.manifest.members] != [kind.learner]:
        raise SystemExit(f"{kind.name}: no bundle, or one of another learner")
    if kind.crossed and not any(len(feature.source) > 1 for feature in model.manifest.features):
        raise SystemExit(f"{kind.name}: no feature of the bundle is of several columns")
    return model, test.drop("y")


def _rows(kind: Kind, count: int, seed: int) -> pl.DataFrame:
    """Rows whose target hangs on pairs of categories, products of numbers, and which side of a number they are on."""
    draw = np.random.default_rng([SEED, seed])
    numbers = {
        "age": draw.integers(18, 80, count),
        "income": draw.lognormal(8.0, 0.6, count),
        "debt": draw.gamma(1.5, 900.0, count),
        "score": draw.normal(size=count),
    }
    numbers |= {"rate": draw.uniform(0, 20, count), "visits": draw.poisson(3.0, count)}
    if kind.plain:
        numbers |= {name: draw.normal(size=count) for name in ("delay", "tenure", "balance", "distance")}
    numbers = {name: np.round(values * STEPS) / STEPS for name, values in numbers.items()}
    ranks = np.column_stack([np.argsort(np.argsort(values)) / count - 0.5 for values in numbers.values()]) * 3.5
    codes = np.column_stack([draw.integers(many, size=count) for many in (6, 5, 4, 3)])
    effects = np.random.default_rng(SEED).normal(size=(6, 5)) * 1.5, np.random.default_rng(SEED + 1).normal(size=(4, 3))
    signal = (
        ranks[:, 0] * ranks[:, 1] + np.where(ranks[:, 2] > 0.3, ranks[:, 3], -0.5) + ranks[:, 4] * (ranks[:, 5] > 0)
    )
    columns: dict[str, Any] = dict(numbers)
    if kind.plain:
        signal += ranks[:, 6] * ranks[:, 7] * ranks[:, 8] + ranks[:, 9]
    else:
        signal += effects[0][codes[:, 0], codes[:, 1]] + effects[1][codes[:, 2], codes[:, 3]]
        columns |= {
            name: [f"{name[0]}{code}" for code in codes[:, j]]
            for j, name in enumerate(("job", "region", "car", "house"))
        }
    if kind.words:
        said = draw.random((count, len(WORDS))) < 0.35
        columns["house"] = [" ".join(np.array(WORDS)[own]) for own in said]
        signal += (said * np.random.default_rng(SEED + 2).normal(size=len(WORDS))).sum(axis=1)
    return pl.DataFrame(columns).with_columns(y=pl.Series(_target(kind, signal + draw.normal(size=count) * 0.5)))


def _target(kind: Kind, signal: Floats) -> NDArray[Any]:
    if kind.task == "regression":
        return 1_000 + 100 * signal
    if kind.task == "binary":
        return np.where(signal > 0, "bad", "good")
    return np.array(["low", "mid", "high"])[np.searchsorted([-1.0, 1.0], signal)]


def _beside_shap(kind: Kind, values: int, python: Path, scratch: Path) -> list[str]:
    """A row of the second table."""
    model, test = _fitted(kind, scratch)
    explainer, trees = _over_trees(model)
    names = [player.names[0] for player in explainer.game.players]
    frame = test[: -(-values // len(names))]
    _, columns, _ = model.inputs_of(frame)
    each = [_explained(explainer, row_of(columns, place)) for place in range(frame.height)]
    said = _asked(python, trees, explainer.game.background, columns)
    raw = explainer.game.answers[:, 0]
    scale = float(np.polyfit(said["background"], raw, 1)[0])  # of a number: what the trees' sum is multiplied with
    shared = np.array(said["values"]) * scale
    found, whole, own = [], 0.0, 0.0
    for place, one in enumerate(each):
        by_name = dict(zip(trees["names"], shared[place], strict=True))
        theirs = np.array([by_name[reason.names[0]] for reason in one.reasons])
        ours = np.array([(reason.score, reason.score_error) for reason in one.reasons])
        found += gaps_of(ours, theirs, one.score.value, one.pairs)
        whole = max(whole, float(np.abs(ours[:, 0] - theirs).max()) / one.score.spread)
        exact = enumerated(explainer.game, row_of(columns, place))[:, 0]
        own = max(own, float(np.abs(exact - [by_name[name] for name in names]).max()))
    return [kind.name, *_shares(found), f"{whole:.2f}", f"{own / np.abs(shared).max():.0e}"]


def _explained(explainer: Explainer, columns: Columns) -> Explanation:
    cells = [("",)] * len(explainer.game.players)
    return explainer.explain(Row(number=1, keys={}, columns=columns, cells=cells), seconds=SECONDS)


def _over_trees(model: Bundle) -> tuple[Explainer, dict[str, Any]]:
    """What explains the sum of a bundle's trees, and those trees: all columns that they look at by `names`."""
    content = model.files.read("model.onnx")
    graph = parse(content)
    (node,) = (node for node in graph.nodes if node.kind == "TreeEnsemble")
    session = open_runtime(
        content if node.outputs[0] in {o.name for o in graph.outputs} else with_output(content, node.outputs[0])
    )
    names = [port.name for port in graph.inputs]

    def run(columns: Columns) -> Floats:
        feeds = {name: columns[name].reshape(-1, 1) for name in names}
        return np.asarray(session.run([node.outputs[0]], feeds)[0], dtype=np.float64)

    game = model.explainer.game
    over = Game.over(game.background, game.players, run)
    single = any(cast.kind == "Cast" and cast.attributes["to"] == 1 for cast in graph.nodes)
    answers = Answers(labels=(), decisions=(), has_costs=False)
    explainer = replace(model.explainer, game=over, answers=answers, grids={}, decide=None)
    return explainer, {"names": _read_by(node, graph.nodes), "single": single, **_trees(node)}


def _read_by(node: Node, nodes: Sequence[Node]) -> list[str]:
    """The columns that the trees look at, by place: what is concatenated in front of them."""
    maker = {name: one for one in nodes for name in one.outputs}
    one = maker[node.inputs[0]]
    while one.kind == "Cast":
        one = maker[one.inputs[0]]
    if one.kind != "Concat":
        raise SystemExit(f"the trees look at what {one.kind} makes")
    return list(one.inputs)


def _trees(node: Node) -> dict[str, Any]:
    """The attributes of the trees as lists."""
    return {name: np.asarray(value).ravel().tolist() for name, value in node.attributes.items()}


def _asked(python: Path, trees: dict[str, Any], background: Columns, columns: Columns) -> dict[str, Any]:
    """What shap says of the trees over a background."""
    names = trees["names"]
    told = trees | {
        what: np.column_stack([rows[name] for name in names]).tolist()
        for what, rows in (("background", background), ("rows", columns))
    }
    done = subprocess.run([python, SHAP], input=json.dumps(told), stdout=subprocess.PIPE, text=True, check=True)
    said: dict[str, Any] = json.loads(done.stdout)
    return said


if __name__ == "__main__":
    main()
