"""The stage of several tables: features are proposed, tried out of fold on a sample, and computed where they pay.

The main table alone is always among the candidates: what comes of the other tables ships only where the same booster,
fitted with and without it on paired folds, loses less by more than one standard error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import polars as pl

from automl.budget import Deadline
from automl.data.rows import Prepared
from automl.data.tables.joins import JoinedTables, join_tables
from automl.features.relational.catalog import catalog_of
from automl.features.relational.definition import Definitions
from automl.features.relational.parts import TrainAndTest
from automl.features.relational.relate import related
from automl.search.problem import Problem
from automl.search.relational_search.choose import PROOF, choose
from automl.search.relational_search.compute_all import compute_all
from automl.search.relational_search.findings import Account, told
from automl.search.relational_search.proof import prove
from automl.search.relational_search.row_time import RowTime
from automl.search.relational_search.sample import SampleRows
from automl.search.relational_search.screen import Screen
from automl.search.relational_search.share import Share
from automl.search.relational_search.trial import TrialRoom
from automl.spec.model import Spec

SAMPLE = 20_000  # rows of main that features are proposed on
MOST, FEWEST = 400, 40  # features that are proposed
PROPOSING = 0.4  # of the share
BEYOND = 1.0  # standard errors that the gain over the main table alone must have
EACH = 0.05  # seconds of the share for each proposed feature: no more are worth the looking


def relate(
    data: Prepared,
    problem: Problem,
    spec: Spec,
    *,
    deadline: Deadline | None = None,
    given: Mapping[str, pl.DataFrame] | None = None,
    loaded: Callable[[], None] = lambda: None,
) -> Prepared:
    """`data` with the columns that its other tables give, and with what they are computed by (`Prepared.related`).

    `problem` is what is to be learned from the main table alone. `given` are frames that stand in for the files of
    ``[data.tables]``; `loaded` waits for what proposes features to be loaded. At most ``recipe.relational_search`` of
    the time of `deadline` is spent, from the moment at which the tables are read; with ``budget.trials`` the clock does
    not count. Raises what `join_tables` raises.
    """
    joined = join_tables(spec, data.train.raw, data.schema, data.labels, given)
    data = replace(data, findings=(*data.findings, *joined.findings), digests={**data.digests, **joined.digests})
    if spec.recipe.relational_search == 0.0:
        return data
    share = Share.of(spec, deadline or Deadline.of(spec.budget.time))
    parts = TrainAndTest.of(joined, data)
    loaded()
    proposed = _proposed(joined, parts, data, spec, share)
    room = TrialRoom.of(problem, spec)
    screen = _screen(room, spec)
    sample = SampleRows.of(proposed, parts.train, parts.past_train, room.drawn.at)
    time = RowTime.of(proposed, sample.usual_rows(), spec.limits)
    chosen = choose(room, sample, screen, share, time, rows=data.train.n + data.test.n)
    kept = replace(proposed, features=tuple(f for f in proposed.features if f.name in chosen.weight))
    computed = compute_all(kept, chosen.weight, parts, share, reserve=PROOF * chosen.probing)
    saved, errors = chosen.gain, chosen.errors
    if computed.definitions.features:
        saved, errors = prove(computed, problem, spec)
    stands = bool(computed.definitions.features) and (chosen.bare or errors > BEYOND)
    account = Account(
        proposed=len(proposed.features),
        kept=len(computed.definitions.features) if stands else 0,
        untried=chosen.untried + len(kept.features) - len(computed.definitions.features),
        gain=saved,
        errors=errors,
        screen=screen,
        chosen=chosen,
        share=share,
    )
    data = replace(data, findings=(*data.findings, *told(account)))
    return related(data, joined, computed.definitions, computed.train, computed.test) if stands else data


def _proposed(joined: JoinedTables, parts: TrainAndTest, data: Prepared, spec: Spec, share: Share) -> Definitions:
    from automl.features.relational.propose.featuretools import propose  # featuretools takes seconds

    seed = spec.budget.seed
    return propose(
        catalog_of(joined, spec, data),
        parts.samples(joined, SAMPLE, seed),
        limit=int(min(MOST, max(FEWEST, share.seconds / EACH))),
        seed=seed,
        taken=[column.name for column in data.schema.columns],
        late=lambda: share.late(PROPOSING),
    )


def _screen(room: TrialRoom, spec: Spec) -> Screen:
    audit = spec.data.audit
    return Screen(y=room.drawn.rows.y, task=room.problem.task, kept=audit.keep, excludes=audit.action == "exclude")
