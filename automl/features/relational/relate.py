"""The stage of several tables: features proposed on a sample, the useless ones dropped, computed for every row."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from automl.budget import Deadline
from automl.data.audit.leaks import LEAK, MEASURE
from automl.data.audit.univariate import univariate_score
from automl.data.read.column_reader import Reader
from automl.data.read.frames import side_by_side
from automl.data.read.typed_tables import Frame, RelatedTables, RelationalDocument, TableReader, read_table
from automl.data.rows import Column, Finding, Prepared, Rows, Schema, finding
from automl.data.tables.checks import MAIN
from automl.data.tables.joins import JoinedTables, join_tables
from automl.features.relational.codec import from_json, to_json
from automl.features.relational.compute.run import run
from automl.features.relational.definition import Catalog, Definitions, Relation, RelationalFeature, TableSchema
from automl.spec import Spec
from automl.task import Task

SAMPLE = 20_000  # rows of main that features are proposed and looked at on
CHILD_ROWS = 200_000  # rows of another table that features are proposed on
GOLDEN_ROWS = 20_000  # raw rows of another table that golden rows are drawn from
MOST = 400  # features that are proposed
CELLS = 40_000_000  # of computed columns that are kept: more cost the search more than they tell
FEWEST = 60  # computed columns that are kept however many rows there are
SHADOWS = 20  # columns whose rows are shuffled: what they reach is chance
SHARE = 0.2  # of the budget, the most that computing features may take
ALIKE = 0.999  # squared correlation from which on two columns say the same

Floats = NDArray[np.float64]


def relate(
    data: Prepared,
    spec: Spec,
    *,
    deadline: Deadline | None = None,
    given: Mapping[str, pl.DataFrame] | None = None,
    loaded: Callable[[], None] = lambda: None,
) -> Prepared:
    """`data` with the columns that its other tables give, and with what they are computed by (`Prepared.related`).

    `given` are frames that stand in for the files of `[data.tables]`. With a `deadline` at most `SHARE` of its budget
    is spent. `loaded` waits for what proposes features to be loaded. Raises what `join_tables` raises.
    """
    joined = join_tables(spec, data.train.raw, data.schema, data.labels, given)
    catalog = catalog_of(joined, spec, data)
    rows = _TrainAndTest.of(joined, data)
    loaded()
    taken = [column.name for column in data.schema.columns]
    proposed = _proposed(catalog, joined, rows, taken, spec.budget.seed)
    chosen, seen = _chosen(proposed, rows, data, spec, deadline)
    train = run(chosen, rows.train, rows.past_train)
    test = run(chosen, rows.test, rows.past_test)
    computed = tuple(_column(feature, data.schema) for feature in chosen.features)
    document = _document(joined, chosen)
    return replace(
        data,
        schema=Schema(columns=(*data.schema.columns, *computed)),
        train=_with(data.train, train),
        test=_with(data.test, test),
        findings=(*data.findings, *joined.findings, *seen),
        digests={**data.digests, **joined.digests},
        related=RelatedTables(document=document, samples=_samples(joined, data)),
    )


def catalog_of(joined: JoinedTables, spec: Spec, data: Prepared) -> Catalog:
    """The tables as the relational engine has them."""
    times = {join.name: join.time for join in joined.joins}
    times[MAIN] = spec.data.time[0] if spec.data.time and joined.history else None
    history = bool(joined.history)
    return Catalog(
        tables=tuple(
            TableSchema(name=name, columns=columns, time=times[name]) for name, columns in joined.wires.items()
        ),
        relations=tuple(Relation(child=one.name, parent=one.to, on=one.on) for one in joined.joins),
        cutoff=joined.cutoff,
        target=data.labels.name if history else None,
        delayed=tuple(c.name for c in data.schema.columns if c.role == "outcome") if history else (),
        horizon=spec.data.horizon * 1e6 if history and spec.data.horizon is not None else None,
        history=joined.history,
        timezone=spec.data.timezone,
    )


def narrowed(document: RelationalDocument, names: Collection[str]) -> RelationalDocument:
    """relational.json of the features `names` alone: what nothing is computed from need not be given."""
    definitions = from_json(document["definitions"])
    kept = replace(definitions, features=tuple(f for f in definitions.features if f.name in names))
    needs = kept.needs()
    tables: dict[str, TableReader] = {
        name: {**entry, "reader": _only(entry["reader"], needs[name])}
        for name, entry in document["tables"].items()
        if name in needs and (name != MAIN or kept.history)
    }
    every = [*document["tables"], *document["unused"]]
    return {
        "definitions": to_json(kept),
        "main": _only(document["main"], needs[MAIN]),
        "tables": tables,
        "unused": [name for name in every if name not in tables],
    }


def _only(reader: Reader, names: Collection[str]) -> Reader:
    return {**reader, "columns": [entry for entry in reader["columns"] if entry["name"] in names]}


@dataclass(frozen=True, slots=True, kw_only=True)
class _TrainAndTest:
    """Main's rows in front of the tables, and the tables as each part may see them: test sees past rows of both."""

    train: pl.DataFrame
    test: pl.DataFrame
    past_train: Mapping[str, Frame]
    past_test: Mapping[str, Frame]

    @classmethod
    def of(cls, joined: JoinedTables, data: Prepared) -> _TrainAndTest:
        entry: TableReader = {"reader": joined.document["main"]}
        train, test = (read_table(MAIN, entry, part.raw) for part in (data.train, data.test))
        tables, both = dict(joined.frames), dict(joined.frames)
        if past := joined.document["tables"].get(MAIN):
            before, since = (read_table(MAIN, past, part.raw).lazy().collect() for part in (data.train, data.test))
            tables[MAIN], both[MAIN] = before, pl.concat([before, since])
        return cls(train=_eager(train), test=_eager(test), past_train=tables, past_test=both)


def _eager(frame: Frame) -> pl.DataFrame:
    return frame if isinstance(frame, pl.DataFrame) else frame.collect()


def _proposed(
    catalog: Catalog, joined: JoinedTables, rows: _TrainAndTest, taken: Collection[str], seed: int
) -> Definitions:
    from automl.features.relational.propose.featuretools import propose  # featuretools takes seconds

    samples = {name: _by_key(frame, joined, name) for name, frame in joined.frames.items()}
    samples[MAIN] = _eager(rows.past_train[MAIN]) if MAIN in rows.past_train else rows.train
    samples[MAIN] = samples[MAIN].sample(min(SAMPLE, samples[MAIN].height), seed=seed)
    return propose(catalog, samples, limit=MOST, seed=seed, taken=taken)


def _by_key(frame: Frame, joined: JoinedTables, name: str, most: int = CHILD_ROWS) -> pl.DataFrame:
    """Rows of a table that come by whole keys, of each by which it is joined: a sample shows which are unique."""
    keys = dict.fromkeys(tuple(dict(one.on)) for one in joined.joins if one.name == name)
    lazy = frame.lazy()
    parts = -(-int(lazy.select(pl.len()).collect().item()) // most)
    drawn = pl.any_horizontal(pl.struct(key).hash(seed=1) % parts == 0 for key in keys)
    kept = lazy if parts <= 1 else lazy.filter(drawn)
    return kept.collect(engine="streaming")


# --- which to keep -----------------------------------------------------------------------------------


def _chosen(
    proposed: Definitions, rows: _TrainAndTest, data: Prepared, spec: Spec, deadline: Deadline | None
) -> tuple[Definitions, list[Finding]]:
    """The definitions without constants, copies, noise and leaks, as many as rows and time allow."""
    draw = np.random.default_rng(spec.budget.seed)
    at = np.sort(draw.permutation(data.train.n)[:SAMPLE])
    began = time.monotonic()
    values = run(proposed, rows.train[at], rows.past_train)
    taken = time.monotonic() - began
    y, task = data.train.y[at], data.labels.task
    distinct = [series.name for series in values if not _constant(series)]
    single = _singles(values.select(distinct))
    scores = {name: univariate_score(values[name], y, task) for name in single}
    chance = _chance(values.select(single), y, task, draw)
    told = [name for name in single if scores[name] > chance]
    leaks = [name for name in told if scores[name] >= LEAK[task.kind] and name not in spec.data.audit.keep]
    leaks = leaks if spec.data.audit.action == "exclude" else []
    room = max(FEWEST, CELLS // max(1, data.train.n))
    if deadline is not None and spec.budget.trials is None:
        each = taken / max(1, len(proposed.features)) * max(1.0, data.train.n / at.size)
        room = max(1, min(room, int(SHARE * deadline.seconds / max(each, 1e-9))))
    ranked = sorted((name for name in told if name not in leaks), key=lambda name: (-scores[name], name))[:room]
    kept = replace(proposed, features=tuple(f for f in proposed.features if f.name in set(ranked)))
    counts = {
        "proposed": len(proposed.features),
        "constant": len(proposed.features) - len(distinct),
        "copies": len(distinct) - len(single),
        "noise": len(single) - len(told),
        "kept": len(kept.features),
    }
    text = (
        f"{counts['proposed']} features are computed from other tables; left out: {counts['constant']} constant, "
        f"{counts['copies']} that say the same as another, {counts['noise']} that tell no more than chance"
    )
    said = [finding("computed", None, f"{text}; {counts['kept']} are kept", "noted", counts)]
    return kept, said + [_leak(name, scores[name], task) for name in leaks]


def _constant(series: pl.Series) -> bool:
    return series.n_unique() < 2  # noqa: PLR2004  # NaN equals itself in polars


def _singles(values: pl.DataFrame) -> list[str]:
    """The columns without those that equal an earlier one, or rise and fall with it in a straight line."""
    seen: set[bytes] = set()
    single: list[str] = []
    basis = np.empty((values.width, values.height))
    held = 0
    for series in values:
        plain = series.to_physical() if series.dtype != pl.String else series.rank("dense")
        column = plain.to_numpy().astype(np.float64)
        key = hashlib.blake2b((column + 0.0).tobytes(), digest_size=16).digest()
        if key in seen:
            continue
        seen.add(key)
        if series.dtype != pl.String:
            standard = _standard(column)
            if held and float(np.max(np.square(basis[:held] @ standard))) > ALIKE:
                continue
            basis[held] = standard
            held += 1
        single.append(series.name)
    return single


def _standard(column: Floats) -> Floats:
    """Mean 0 and length 1, missing values as a value of their own below all others."""
    there = np.isfinite(column)
    low = column[there].min() if there.any() else 0.0
    spread = np.ptp(column[there]) if there.any() else 0.0
    filled = np.where(there, column, low - (0.1 * spread or max(1.0, abs(low))))
    centred = filled - filled.mean()
    length = float(np.linalg.norm(centred))
    return np.asarray(centred / length if length > 0 else centred)


def _chance(values: pl.DataFrame, y: Floats, task: Task, draw: np.random.Generator) -> float:
    """The best score among columns whose rows are shuffled: at most so much is chance."""
    names = draw.permutation(values.columns)[:SHADOWS]
    return max((univariate_score(values[name].shuffle(seed=i), y, task) for i, name in enumerate(names)), default=0.0)


def _leak(name: str, score: float, task: Task) -> Finding:
    text = f"{name!r}, computed from other tables, alone predicts the target with {MEASURE[task.kind]} {score:.4f}"
    return finding("leak", name, f"{text}: it is left out; data.audit.keep keeps it", "noted", {"score": score})


# --- what comes of it --------------------------------------------------------------------------------


def _column(feature: RelationalFeature, main: Schema) -> Column:
    return Column(
        name=feature.name,
        wire=feature.wire,
        role="feature",
        reason="computed from other tables",
        is_feature=True,
        reader={"name": feature.name, "wire": feature.wire, "missing": [], "parser": None},
        computed=True,
        min_level=max(column.min_level for column in main.columns),
    )


def _with(rows: Rows, computed: pl.DataFrame) -> Rows:
    return replace(rows, frame=side_by_side(rows.frame, computed))


def _samples(joined: JoinedTables, data: Prepared) -> dict[str, pl.DataFrame]:
    """Some raw rows of each table, by whole keys: golden rows are drawn from their margins."""
    samples = {name: _by_key(frame, joined, name, GOLDEN_ROWS) for name, frame in joined.raw.items()}
    return samples | ({MAIN: data.train.raw.head(GOLDEN_ROWS)} if joined.history else {})


def _document(joined: JoinedTables, chosen: Definitions) -> RelationalDocument:
    whole: RelationalDocument = {**joined.document, "unused": [], "definitions": to_json(chosen)}
    return narrowed(whole, [feature.name for feature in chosen.features])
