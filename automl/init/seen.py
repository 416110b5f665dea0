"""What a fit would say of the rows: columns that are known too late, and ids; found by its own reading and audit."""

from __future__ import annotations

from dataclasses import dataclass

from automl.data.tables.joins import join_tables
from automl.explore.looked import look
from automl.init.asked import Asked
from automl.init.looked import ALONE
from automl.spec import Spec
from automl.spec.data import ANSWERS, Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Columns of `outcomes` and of `doubt` with why, the `keys`, and how test is set aside."""

    outcomes: tuple[tuple[str, str], ...] = ()
    doubts: tuple[tuple[str, str], ...] = ()
    keys: tuple[tuple[str, str], ...] = ()
    split: str = ""


def see(spec: Spec, asked: Asked) -> Seen:
    """Read and audit some rows as a fit does it. Raises DataError and SpecError where a fit would."""
    queried = asked.main.raw if isinstance(asked.main.where, Query) else None
    data = look(_unpriced(spec), cells=ALONE, train=queried)
    if spec.data.tables and data.prepared:
        join_tables(spec, data.prepared.train.raw, data.schema, data.prepared.labels)
    late = [found for found in data.findings if found.check == "leak" and found.column]
    lacking = [] if asked.test is None else [n for n in asked.main.raw.columns if n not in asked.test.names]
    named = {found.column for found in late if found.action == "dropped"}
    absent = [(name, f"{name!r} is not in the test part") for name in lacking if name not in named]
    sure = [(str(found.column), _told(found.text)) for found in late if found.action == "dropped"]
    return Seen(
        outcomes=(*sure, *absent),
        doubts=tuple((str(found.column), _told(found.text)) for found in late if found.action != "dropped"),
        keys=_keys(asked),
        split=data.prepared.split if data.prepared else "",
    )


def _unpriced(spec: Spec) -> Spec:
    """The spec without costs: those in row order do not go with a sample of the rows."""
    return spec.model_copy(update={"objective": spec.objective.model_copy(update={"costs": None})})


def _keys(asked: Asked) -> tuple[tuple[str, str], ...]:
    """Ids that tell all rows apart: they are passed through to the answers."""
    joins = {other for joined in asked.joined for way in joined.ways for _, other in way}
    used = {asked.aim.target.value, *asked.time.value, *asked.group.value, *joins, *ANSWERS}
    test = asked.main if asked.test is None else asked.test
    return tuple(
        (str(found.column), found.text)
        for found in asked.main.findings
        if found.check == "id"
        and found.column not in used
        and found.column in test.names
        and asked.main.raw[str(found.column)].is_unique().all()
    )


def _told(text: str) -> str:
    """A finding without what a fit does about it."""
    return text.removesuffix("; data.audit.keep keeps it").removesuffix(": look whether it is known in time")
