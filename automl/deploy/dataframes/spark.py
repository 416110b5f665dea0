"""Spark: a DataFrame scored by `mapInArrow`, in the Python workers of its executors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.data.read.unread import OnUnread
from automl.deploy.dataframes.base import arrow_scorer

if TYPE_CHECKING:
    import pyarrow as pa

TYPES = {"string": "string", "large_string": "string", "double": "double", "float": "float", "bool": "boolean"}
TYPES |= {"int64": "bigint", "int32": "int", "int16": "smallint", "int8": "tinyint", "date32[day]": "date"}


def score(frame: Any, bundle: str | Path, keep: Sequence[str] = (), unread: OnUnread = "refuse") -> Any:
    """The rows of a Spark DataFrame with the answers of a bundle, which every executor finds at the same path.

    `keep` and `unread` as in `ArrowScorer`. Raises as `arrow_scorer`, and SpecError for columns that are not there.
    """
    scorer = arrow_scorer(bundle, keep, unread)
    given = frame.limit(0).toArrow().schema
    return frame.mapInArrow(scorer.batches, ddl(scorer.schema(given)))


def ddl(schema: pa.Schema) -> str:
    """A schema as Spark spells it.

    >>> import pyarrow as pa
    >>> ddl(pa.schema({"id": pa.int64(), "decision": pa.large_string()}))
    '`id` bigint, `decision` string'
    """
    return ", ".join(f"`{field.name.replace('`', '``')}` {_type(field.type)}" for field in schema)


def _type(arrow: Any) -> str:
    told = str(arrow)
    if told.startswith("timestamp"):
        return "timestamp" if arrow.tz else "timestamp_ntz"
    return TYPES.get(told, told.replace("128", ""))  # decimal128(10, 2) is decimal(10, 2)
