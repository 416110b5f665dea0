"""The manifest: what a bundle says of itself, as frozen models with one way to be written."""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, GetPydanticSchema, JsonValue

from automl.bundle.ages import AgeRecord, ShelfRecord, UseRecord
from automl.bundle.frozen import Frozen
from automl.bundle.lineage import RetrainedRecord, TwinRecord
from automl.bundle.verdict import VerdictRecord
from automl.data.read.column_reader import CsvDialect, Reader
from automl.errors import SpecError
from automl.task import Kind, Task

if TYPE_CHECKING:
    from automl.data.rows import Labels  # it loads polars, which a process that scores single rows does not need

PROTOCOL: Literal[3] = 3
EXECUTION: Final = ("executor", "workers")  # of a budget
ANY_JSON = GetPydanticSchema(lambda _, schema: schema(dict[str, JsonValue]))  # kept as it was written
CHUNK_ROWS = 4096  # 14 columns of 4,096 rows are 0.5 MB: fast, and small beside the libraries


class Target(Frozen):
    """The target's name, the kind of problem, and its labels by class code: as they came, and as they are written."""

    name: str
    kind: Kind
    classes: int
    values: tuple[str | int | float | bool, ...] = ()
    texts: tuple[str, ...] = ()
    dtype: Literal["str", "int", "float", "bool"] = "str"

    @classmethod
    def of(cls, labels: Labels) -> Target:
        """The labels of the data room as the manifest keeps them."""
        return cls(
            name=labels.name,
            kind=labels.task.kind,
            classes=labels.task.classes,
            values=tuple(plain(value) for value in labels.values),
            texts=labels.texts,
            dtype=labels.dtype,
        )

    def labels(self) -> Labels:
        """The labels as the data room encodes a target with them."""
        from automl.data.rows import Labels

        task = Task(kind=self.kind, classes=self.classes)
        return Labels(name=self.name, task=task, values=self.values, texts=self.texts, dtype=self.dtype)


class Input(Frozen):
    """One input of the graph, [N, 1]: float64 for ``number``, strings for ``text``."""

    name: str
    wire: Literal["number", "text"]


class Output(Frozen):
    """One output of the graph, [N, len(columns)], and the columns that people get of it."""

    name: Literal[
        "probability", "decision", "expected_cost", "action_costs", "prediction", "prediction_low", "prediction_high"
    ]
    columns: tuple[str, ...]
    wire: Literal["number", "text"]


class Score(Frozen):
    """One metric with its interval; `rows` says on which part, `n` on how many rows of it.

    `value` is None where the metric has none on these rows, and `reason` says why (R17).
    """

    metric: str
    value: float | None
    low: float | None = None
    high: float | None = None
    rows: Literal["test", "oof"] = "test"
    n: int | None = None
    reason: str | None = None


class GroupScore(Frozen):
    """A metric on the `n` test rows whose `column` says `group`; None where it has no value on them."""

    column: str
    group: str
    metric: str
    value: float | None
    n: int


class GateRecord(Frozen):
    """What a gate measured (see `automl.gates.base.GateVerdict`)."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)

    gate: str
    ok: bool
    measured: float
    limit: float | None
    unit: str
    reason: str
    protocol: str
    raw: dict[str, JsonValue] = Field(default_factory=dict)


class MemberRecord(Frozen):
    """One model of the ensemble and its weight."""

    learner: str
    params: dict[str, JsonValue]
    weight: float
    rounds: int | None = None


class TriedRecord(Frozen):
    """One configuration that the search tried, and its loss out of fold."""

    learner: str
    params: dict[str, JsonValue]
    loss: float


class FeatureRecord(Frozen):
    """One column of the feature matrix and the raw columns it comes from."""

    name: str
    kind: Literal["number", "code", "level", "token", "target"]
    source: tuple[str, ...]


class LevelsRecord(Frozen):
    """A list of levels (or words, or combinations) in the graph: how many, and the fewest rows behind one of them."""

    columns: tuple[str, ...]
    what: str
    levels: int
    rows: int


class FindingRecord(Frozen):
    """One line of the data audit."""

    check: str
    column: str | None
    text: str
    action: str
    evidence: dict[str, JsonValue] = Field(default_factory=dict)


class Manifest(Frozen):
    """Everything that scoring, checking and showing a bundle needs to know.

    `files` maps each other file (a relative path with ``/``) to its SHA-256, `sources` each source of the
    training data, by its short name. `provisional` holds while the gates measure: then `gates` and `verdict` are still
    empty.
    `parent` is the content hash of the bundle that this one was decided anew from. `groups` are what fairness limits
    compare, `levels` the lists of levels in the graph, `tried` the best configurations of the search, best first,
    `ages` what a model loses as it grows older, `shelf_life` the loss of one window by the model's age, with its band,
    `in_use` how old it will be at work. `execution` is what of the spec's
    budget says where trials ran and how many at a time (see `parted`).
    """

    protocol: Literal[3] = PROTOCOL
    provisional: bool
    created: str
    engine: str
    content_hash: str
    spec: dict[str, JsonValue]
    target: Target
    reader: Annotated[Reader, ANY_JSON]
    dialect: Annotated[CsvDialect, ANY_JSON] | None
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    decisions: tuple[str, ...]
    keys: tuple[str, ...]
    chunk_rows: int
    scores: tuple[Score, ...]
    gates: tuple[GateRecord, ...]
    verdict: VerdictRecord | None
    members: tuple[MemberRecord, ...]
    features: tuple[FeatureRecord, ...]
    findings: tuple[FindingRecord, ...]
    split: str
    versions: dict[str, str]
    parity: dict[str, JsonValue]
    sources: dict[str, str]
    files: dict[str, str]
    parent: str | None = None
    groups: tuple[GroupScore, ...] = ()
    levels: tuple[LevelsRecord, ...] = ()
    twin: TwinRecord | None = None
    retrained: RetrainedRecord | None = None
    tried: tuple[TriedRecord, ...] = ()
    ages: tuple[AgeRecord, ...] = ()
    shelf_life: tuple[ShelfRecord, ...] = ()
    in_use: UseRecord | None = None
    execution: dict[str, JsonValue] = Field(default_factory=dict)

    @property
    def whole_spec(self) -> dict[str, JsonValue]:
        """The spec with where and by how many workers it was carried out."""
        return {**self.spec, "budget": {**self._section("budget"), **self.execution}} if self.execution else self.spec

    @property
    def objective(self) -> Mapping[str, Any]:
        """The objective of the spec, as JSON that the spec has checked."""
        return self._section("objective")

    @property
    def data(self) -> Mapping[str, Any]:
        """What the spec says of the data."""
        return self._section("data")

    @property
    def naming(self) -> Mapping[str, Any]:
        """What the spec calls the bundle: `name` and `serial`, None where it does not say."""
        section = self._section("bundle")
        return {name: section.get(name) for name in ("name", "serial")}

    def _section(self, name: str) -> Mapping[str, Any]:
        section = self.spec.get(name, {})
        return section if isinstance(section, dict) else {}

    def to_bytes(self) -> bytes:
        """The one way this manifest is written: fields in the order above, UTF-8, a newline at the end."""
        text = json.dumps(self.model_dump(mode="json"), indent=1, ensure_ascii=False, allow_nan=False)
        return text.encode() + b"\n"


def parted(spec: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A resolved spec without what says where and by how many workers it is carried out, and that.

    It decides no answer: with `budget.trials` any number of workers gives the same model (R12); else the model tells.
    """
    budget = dict(spec.get("budget", {}))
    execution = {name: budget.pop(name) for name in EXECUTION if name in budget}
    return ({**spec, "budget": budget} if execution else dict(spec)), execution


def outputs_of(labels: Labels, answers: Collection[str] = (), *, actions: Sequence[str] = ()) -> tuple[Output, ...]:
    """The graph's outputs and their columns: the prediction, then what of `answers` its policy gives beside it.

    Binary and multiclass problems always decide; the decision of a regression is a number. `actions` are those whose
    costs a batch is ranked by, where there is a capacity.
    """
    number = labels.task.kind == "regression"
    texts = labels.texts if labels.task.kind == "multiclass" else ()
    columns = {
        "prediction_low": ("prediction_low",),
        "prediction_high": ("prediction_high",),
        "decision": ("decision",),
        "expected_cost": ("expected_cost",),
        "action_costs": tuple(f"cost_{name}" for name in actions),
    }
    name = "prediction" if number else "probability"
    given = {name, *answers} if number else {name, *answers, "decision"}
    columns = {name: tuple(f"{name}_{text}" for text in texts) or (name,), **columns}
    return tuple(
        Output(name=name, columns=each, wire="text" if name == "decision" and not number else "number")
        for name, each in columns.items()
        if name in given
    )


def check_keys(keys: Collection[str], outputs: Sequence[Output]) -> None:
    """Raise SpecError for a key that is called as a column of the answers is: it could not stand beside it."""
    for output in outputs:
        if taken := [name for name in output.columns if name in keys]:
            hint = "give the key column another name"
            raise SpecError(f"{taken[0]!r} is what an answer is called", where="data.key", hint=hint)


def canonical(value: object) -> bytes:
    """`value` as JSON with sorted keys and no spaces: equal values give equal bytes."""
    text = json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def by_short_name(digests: Mapping[str, str]) -> dict[str, str]:
    """Digests of sources by the names of their files, with as many folders in front as tell them apart.

    Where a file lies says whose machine it was; the bundle tells what it was, by its hash.
    """
    parts = {name: PurePath(name).parts if os.sep in name else (name,) for name in digests}
    most = max(map(len, parts.values()), default=1)
    for length in range(1, most + 1):
        short = {name: "/".join(pieces[-length:]) for name, pieces in parts.items()}
        if len(set(short.values())) == len(short):
            break
    return {short[name]: digest for name, digest in digests.items()}


def plain(value: object) -> Any:
    """`value` as JSON has it: dataclasses, models, mappings, sequences, numpy; non-finite numbers become null."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    if dataclasses.is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(item) for item in value]
    return value if value is None or isinstance(value, bool | str | int) else str(value)
