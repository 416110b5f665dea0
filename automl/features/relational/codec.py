"""Relational definitions as JSON, out and in: what a bundle holds is checked before any of it is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, get_args

from automl.data.read.column_reader import Wire
from automl.errors import BundleError
from automl.features.relational.check import DEEPEST, check
from automl.features.relational.definition import (
    Aggregation,
    AggregationOp,
    Base,
    Catalog,
    Condition,
    DatePart,
    Definitions,
    Direct,
    Expr,
    Hop,
    Relation,
    RelationalFeature,
    Same,
    TableSchema,
    Transform,
    TransformOp,
)

FORMATS = (1, 2)  # that are read; the last is written

T = TypeVar("T")


def to_json(definitions: Definitions) -> dict[str, object]:
    """Plain values for `json.dumps`."""
    catalog = definitions.catalog
    return {
        "format": FORMATS[-1],
        "tables": [{"name": t.name, "time": t.time, "columns": dict(t.columns)} for t in catalog.tables],
        "relations": [{"child": r.child, "parent": r.parent, "on": _pairs_out(r.on)} for r in catalog.relations],
        "cutoff": catalog.cutoff,
        "target": catalog.target,
        "delayed": list(catalog.delayed),
        "horizon": catalog.horizon,
        "history": [list(key) for key in catalog.history],
        "timezone": catalog.timezone,
        "features": [{"name": f.name, "wire": f.wire, "expr": _expr_out(f.expr)} for f in definitions.features],
    }


def from_json(stored: object) -> Definitions:
    """The definitions in `stored`; BundleError for anything that is not on the closed list or makes no sense."""
    try:
        definitions = _definitions(_mapping(stored))
        check(definitions)
    except (KeyError, TypeError, ValueError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise BundleError(
            f"the relational definitions cannot be used: {what}", hint="get the bundle again from where it was made"
        ) from error
    return definitions


def _expr_out(expr: Expr) -> dict[str, object]:
    match expr:
        case Base():
            return {"column": expr.column}
        case Direct():
            return {"direct": _hop_out(expr.hop), "of": _expr_out(expr.of)}
        case Aggregation():
            return {
                "aggregation": expr.op,
                "path": [_hop_out(hop) for hop in expr.path],
                "of": None if expr.of is None else _expr_out(expr.of),
                "window": expr.window,
                "where": None if expr.where is None else [expr.where.column, expr.where.value],
            }
        case Transform():
            return {"transform": expr.op, "of": [_expr_out(of) for of in expr.of]}


def _hop_out(hop: Hop) -> dict[str, object]:
    same = [[one.part, one.here, one.there] for one in hop.same]
    return {"table": hop.table, "on": _pairs_out(hop.on), "delay": hop.delay, "same": same}


def _pairs_out(pairs: tuple[tuple[str, str], ...]) -> list[list[str]]:
    return [list(pair) for pair in pairs]


def _definitions(stored: Mapping[str, object]) -> Definitions:
    if stored["format"] not in FORMATS:
        raise ValueError(f"format {stored['format']!r} is not known")
    catalog = Catalog(
        tables=tuple(_table(_mapping(table)) for table in _list(stored["tables"])),
        relations=tuple(
            Relation(child=_text(r["child"]), parent=_text(r["parent"]), on=_pairs(r["on"]))
            for r in map(_mapping, _list(stored["relations"]))
        ),
        cutoff=_optional_text(stored["cutoff"]),
        target=_optional_text(stored["target"]),
        delayed=_texts(stored["delayed"]),
        horizon=_optional_number(stored["horizon"]),
        history=tuple(_texts(key) for key in _list(stored["history"])),
        timezone=_text(stored["timezone"]),
    )
    features = tuple(
        RelationalFeature(name=_text(f["name"]), wire=_wire(f["wire"]), expr=_expr(f["expr"], DEEPEST))
        for f in map(_mapping, _list(stored["features"]))
    )
    return Definitions(catalog=catalog, features=features)


def _table(stored: Mapping[str, object]) -> TableSchema:
    columns = {_text(name): _wire(wire) for name, wire in _mapping(stored["columns"]).items()}
    return TableSchema(name=_text(stored["name"]), time=_optional_text(stored["time"]), columns=columns)


def _expr(stored: object, depth: int) -> Expr:
    value = _mapping(stored)
    if depth == 0:
        raise ValueError("an expression is nested too deep")
    if "column" in value:
        return Base(column=_text(value["column"]))
    if "direct" in value:
        return Direct(hop=_hop(value["direct"]), of=_expr(value["of"], depth - 1))
    if "aggregation" in value:
        return Aggregation(
            op=_one_of(value["aggregation"], get_args(AggregationOp)),
            path=tuple(_hop(hop) for hop in _list(value["path"])),
            of=None if value["of"] is None else _expr(value["of"], depth - 1),
            window=_optional_number(value["window"]),
            where=None if value["where"] is None else _where(value["where"]),
        )
    if "transform" in value:
        return Transform(
            op=_one_of(value["transform"], get_args(TransformOp)),
            of=tuple(_expr(of, depth - 1) for of in _list(value["of"])),
        )
    raise ValueError(f"an expression is one of column, direct, aggregation, transform; got {sorted(value)}")


def _hop(stored: object) -> Hop:
    value = _mapping(stored)
    same = tuple(_same(one) for one in _list(value.get("same", [])))  # format 1 knows none
    return Hop(table=_text(value["table"]), on=_pairs(value["on"]), delay=_number(value["delay"]), same=same)


def _same(stored: object) -> Same:
    part, here, there = _list(stored)
    return Same(part=None if part is None else _one_of(part, get_args(DatePart)), here=_text(here), there=_text(there))


def _where(stored: object) -> Condition:
    column, value = _list(stored)
    return Condition(column=_text(column), value=value if isinstance(value, str) else _number(value))


def _pairs(stored: object) -> tuple[tuple[str, str], ...]:
    return tuple((_text(left), _text(right)) for left, right in map(_list, _list(stored)))


def _one_of(value: object, known: tuple[T, ...]) -> T:
    for operation in known:
        if value == operation:
            return operation
    raise ValueError(f"there is no operation {value!r}")


def _wire(value: object) -> Wire:
    if not isinstance(value, str) or value not in get_args(Wire):
        raise ValueError(f"there is no type {value!r}")
    return value  # type: ignore[return-value]  # looked up above


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise TypeError(f"expected an object, got {type(value).__name__}")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError(f"expected a list, got {type(value).__name__}")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a text, got {type(value).__name__}")
    return value


def _texts(value: object) -> tuple[str, ...]:
    return tuple(_text(item) for item in _list(value))


def _optional_text(value: object) -> str | None:
    return None if value is None else _text(value)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"expected a number, got {type(value).__name__}")
    return float(value)


def _optional_number(value: object) -> float | None:
    return None if value is None else _number(value)
