"""Names of relational features, as people read them."""

from __future__ import annotations

from automl.features.relational.definition import Aggregation, Base, Direct, Expr, Hop, Transform

SIGNS = {"add": "+", "subtract": "-", "divide": "/"}
DAY = 86_400e6  # microseconds
UNITS = (("day", DAY), ("hour", DAY / 24), ("second", 1e6))


def wording(expr: Expr) -> str:
    """What `expr` is.

    >>> hop = Hop(table="purchases", on=(("customer", "customer"),))
    >>> wording(Aggregation(op="mean", path=(hop,), of=Base(column="amount"), window=30 * DAY))
    'mean(purchases.amount by customer, last 30 days)'
    """
    return _word(expr, "")


def _word(expr: Expr, prefix: str) -> str:
    match expr:
        case Base():
            return f"{prefix}{expr.column}"
        case Direct():
            return _word(expr.of, f"{prefix}{_hop(expr.hop)}.")
        case Aggregation():
            return f"{prefix}{expr.op}({_rows(expr)})"
        case Transform():
            of = [_word(operand, prefix) for operand in expr.of]
            return f"({of[0]} {SIGNS[expr.op]} {of[1]})" if expr.op in SIGNS else f"{expr.op}({of[0]})"


def _rows(expr: Aggregation) -> str:
    tables = ".".join(hop.table for hop in expr.path)
    words = [tables if expr.of is None else _word(expr.of, f"{tables}.")]
    words[0] += "".join(f" by {_key(hop)}" for hop in expr.path)
    if expr.where is not None:
        words.append(f"where {expr.where.column} = {expr.where.value}")
    if expr.window is not None:
        words.append(f"last {_length(expr.window)}")
    return ", ".join(words)


def _hop(hop: Hop) -> str:
    return f"{hop.table}[{_key(hop)}]"


def _key(hop: Hop) -> str:
    keys = [here if here == there else f"{here} = {there}" for here, there in hop.on]
    keys += [f"same {'' if one.part is None else f'{one.part} of '}{_pair(one.here, one.there)}" for one in hop.same]
    return " and ".join(keys)


def _pair(here: str, there: str) -> str:
    return here if here == there else f"{here} and {there}"


def _length(window: float) -> str:
    for unit, size in UNITS:
        if window % size == 0:
            count = int(window // size)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{window / 1e6} seconds"
