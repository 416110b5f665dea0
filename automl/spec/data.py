"""[data]: where the rows are, and what their columns are for."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from automl.names import inside
from automl.spec.base import ColumnName, Names, Section, read_names
from automl.spec.units import Span, shown

# What an answer may be called whatever the target, beside `probability_LABEL` and `cost_ACTION`.
ANSWERS = ("probability", "prediction", "prediction_low", "prediction_high", "decision", "expected_cost")
ColumnType = Literal["number", "category", "date", "text", "flag", "id"]


def check_timezone(name: str) -> str:
    """An IANA time zone such as ``"Europe/Berlin"``."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f'expected a time zone such as "UTC" or "Europe/Berlin", got {shown(name)}') from None
    return name


def check_keys(names: tuple[str, ...]) -> tuple[str, ...]:
    """Keys stand beside the answers, so none has the name of one."""
    if taken := [name for name in names if name in ANSWERS]:
        raise ValueError(f"{shown(taken[0])} is what an answer is called: give the key column another name")
    return names


def check_reference(value: object) -> object:
    """A secret stays outside the spec (S05); the refusal does not repeat it."""
    if not isinstance(value, str) or not re.fullmatch(r"env:[A-Za-z_][A-Za-z0-9_]*", value):
        raise ValueError('expected the name of an environment variable such as "env:DB_URL", not the address itself')
    return value


class Query(Section):
    """Rows from a database; `url` names an environment variable and stays a reference."""

    query: str
    """The SQL that gives the rows: one statement that reads, with `budget.time` to do so."""
    url: Annotated[str, BeforeValidator(check_reference)]
    """The environment variable that holds the address, as `env:NAME`: `sqlite:///rows.db` or `postgresql://...`."""


class Audit(Section):
    """What happens to a column that gives the answer away, and which columns the audit leaves alone."""

    action: Literal["warn", "exclude", "stop"] = "exclude"
    """What to do with it: `exclude` leaves it out and says so, `warn` only says so, `stop` ends the run."""
    keep: Names = ()
    """Columns that are what they seem: no leak, no id, no code, no sentinels, no words for missing."""


class Privacy(Section):
    """What of single rows the model may hold."""

    min_level: Annotated[int, Field(ge=1)] | None = None
    """Rows that have a level, a word or a combination before it stands in the model: 5 where nothing is said."""


def read_joins(value: object) -> Joins:
    """Each way to join a table: its own columns to those of the other. A list of maps is several ways.

    >>> read_joins("shop"), read_joins(["shop", "day"])
    (({'shop': 'shop'},), ({'shop': 'shop', 'day': 'day'},))
    >>> read_joins([{"id": "buyer"}, {"id": "seller"}])
    ({'id': 'buyer'}, {'id': 'seller'})
    """
    several = value if isinstance(value, list | tuple) else ()
    maps = [isinstance(one, Mapping) for one in several]
    if any(maps) and not all(maps):
        told = 'write "day" as { day = "day" }'
        raise ValueError(f"expected a list of columns (one key) or a list of maps (a join each), got both: {told}")
    joins = tuple(_read_join(one) for one in several) if any(maps) else (_read_join(value),)
    for place, join in enumerate(joins):
        if join in joins[:place]:
            raise ValueError(f"expected each join once, got {_told(join)} twice: leave one out")
    return joins


def _read_join(value: object) -> dict[str, str]:
    if isinstance(value, Mapping):
        pairs = {inside(its): inside(other) for its, other in value.items() if _is_name(its) and _is_name(other)}
        whole = len(pairs) == len(value)
    else:
        names = value if isinstance(value, list | tuple) else [value]
        whole = all(map(_is_name, names))
        pairs = {name: name for name in read_names(names)} if whole else {}
    if not pairs or not whole:
        raise ValueError(
            'expected a column, a list of columns, { its_column = "other" } or a list of such maps, one for each join, '
            f"got {shown(value)}"
        )
    return pairs


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def write_joins(joins: Joins) -> object:
    """As `read_joins` takes it: one map, or a list of several."""
    return [dict(join) for join in joins] if len(joins) > 1 else dict(joins[0])


def _told(join: Mapping[str, str]) -> str:
    return "{ " + ", ".join(f'{its} = "{other}"' for its, other in join.items()) + " }"


Joins = tuple[Mapping[str, str], ...]
_MAP = {"type": "object", "additionalProperties": {"type": "string"}}
TableJoins = Annotated[
    Joins,
    BeforeValidator(read_joins),
    PlainSerializer(write_joins),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {"type": "array", "items": {"type": "string"}},
                _MAP,
                {"type": "array", "items": _MAP},
            ]
        }
    ),
]


class Table(Section):
    """Another table: a lookup (one row for each of ours) or a history (many)."""

    path: str | None = None
    """The file of the table. Only the table `main`, the past rows of [data] themselves, has none."""
    on: TableJoins
    """The column that both tables share, a list of such columns, or `{ its_column = "other_column" }`. A list of such
    maps joins the table several times, once by each."""
    time: ColumnName | None = None
    """The column that says from when on a row is known. Without it: always."""
    timezone: Annotated[str, AfterValidator(check_timezone)] | None = None
    """The time zone of its times that name none. Without it: that of [data], in which keys are read in any case."""
    to: str | None = None
    """The table it is joined to: that of [data], called `main`, or if that lacks the key the one that has it."""
    types: Mapping[ColumnName, ColumnType] = Field(default_factory=dict)
    """What a column is, where the engine should not find out by itself."""
    exclude: Names = ()
    """Columns that nothing is computed from."""


class Data(Section):
    """`train` is None when a frame stands in for it. Paths are absolute once loaded."""

    train: str | Query | None = None
    """The rows to learn from: a file (csv, tsv, parquet, ndjson, arrow, a workbook), a glob, a folder, a Delta or
    Iceberg table, each on the disk or as `s3://`, `gs://`, `az://`; or a query."""
    test: str | Query | None = None
    """The rows to judge on. Without it the engine sets a part aside: the last by time, else at random."""
    time: Names = ()
    """The time at which the prediction is made: a column, or several for year, month, day. Splits are by time then."""
    horizon: Span | None = None
    """How long after its time the label of a row is known: the gap between train and test, `0d` if at once."""
    cutoff: ColumnName | None = None
    """The column at which features stop, if that is earlier than `time`."""
    timezone: Annotated[str, AfterValidator(check_timezone)] = "UTC"
    """The time zone of times that name none."""
    group: ColumnName | None = None
    """The column whose rows belong together, such as a customer. Without `time`, groups are never split."""
    key: Annotated[Names, AfterValidator(check_keys)] = ()
    """Columns that identify a row: never a feature, passed through to the output. None is called as an answer is."""
    order: Literal["file", "none"] | None = None
    """Whether rows stand in the order of a time that no column tells: `file` (splits are its blocks) or `none`."""
    weight: ColumnName | None = None
    """The column of row weights, for fitting and for every figure."""
    rows: Literal["all", "auto"] | Annotated[int, Field(ge=1)] = "all"
    """Rows that the chosen members learn from where `budget.memory` holds a sample only: `all`, so many at the most, or
    `auto`, which stops where more rows no longer show."""
    final: Literal["split", "all"] = "split"
    """Which rows the shipped model is fitted on: `split` (all but the test part) or `all`."""
    unseen_groups: bool = False
    """No group of train is in test, also where `time` is given."""
    exclude: Names = ()
    """Columns that are no features. Costs may use them."""
    outcomes: Names = ()
    """Columns that are known only afterwards: never a feature, never needed for scoring."""
    types: Mapping[ColumnName, ColumnType] = Field(default_factory=dict)
    """What a column is, where the engine should not find out by itself."""
    audit: Audit = Audit()
    """What happens where a column looks like a leak."""
    privacy: Privacy = Privacy()
    """How many rows stand behind what the model holds."""
    tables: Mapping[str, Table] = Field(default_factory=dict)
    """Other tables, by name."""

    @property
    def follows_test(self) -> bool:
        """Whether folds may follow what a given test part shows: nothing is named, and the audit may act."""
        return not self.time and self.group is None and self.audit.action != "warn"
