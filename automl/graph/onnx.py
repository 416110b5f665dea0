"""Writes expressions as one float64 ONNX graph, from read columns to outputs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from automl.errors import AutomlError
from automl.graph.build import ELEMENT, Builder
from automl.graph.encodings import told
from automl.graph.ops import translate
from automl.graph.session import INPUTS, STAGES, VALUES
from automl.ops.expr import Column, Expr, Features, Stub, Take, leaf_name, walk

Leaf = Column | Features | Stub


def to_onnx(
    outputs: Mapping[str, Expr],
    *,
    inputs: Sequence[Leaf],
    metadata: Mapping[str, str] | None = None,
    values: Mapping[str, Expr] | None = None,
    stages: Mapping[str, Expr] | None = None,
) -> bytes:
    """The model (opset 21, ai.onnx.ml 5) that computes `outputs`; equal expressions give equal bytes.

    Each input is a column of the reader, [N, 1] double or string, under its own name; a name that ONNX cannot
    carry or that is an output's gets a substitute. The metadata entry ``inputs`` lists the real names as JSON,
    in the order of the graph's inputs. `Features` ("features") and `Stub` may be inputs too, for tests of a part.
    Outputs are double, bool or int64 [N, width], text is string [N, 1]. `values` are parts of the outputs that
    `graph.replace` can find again: the metadata entry ``values`` lists their names in the graph, ``stages`` those of
    `stages`, which `graph.stages` finds again, ``encodings`` tables that are means, for `graph.encodings`.
    """
    if not inputs:
        raise AutomlError("a graph needs at least one input, to know the number of rows")
    real = [leaf_name(leaf) for leaf in inputs]
    names = _graph_names(real, outputs)
    builder = Builder({*names.values(), *outputs})
    builder.inputs = names
    builder.rows = names[real[0]]
    translate_all(builder, outputs.values())
    final = _final_names(builder, outputs)
    return builder.close(
        {names[leaf_name(leaf)]: (ELEMENT[leaf.dtype], leaf.width) for leaf in inputs},
        {name: (rows_of(builder, expr), ELEMENT[expr.dtype], expr.width) for name, expr in outputs.items()},
        {
            **(metadata or {}),
            **_placed(builder, VALUES, values or {}, final),
            **_placed(builder, STAGES, stages or {}, final),
            **_told(builder, outputs, final),
            INPUTS: json.dumps(real),
        },
    )


def _placed(builder: Builder, entry: str, values: Mapping[str, Expr], final: Mapping[str, str]) -> dict[str, str]:
    """The metadata that says where the values stand; without values there is none. An output stands under its name."""
    found = {name: builder.values[id(expr)] for name, expr in values.items() if id(expr) in builder.values}
    names = {name: final.get(value, value) for name, value in found.items()}
    return {entry: json.dumps(names)} if names else {}


def _told(builder: Builder, outputs: Mapping[str, Expr], final: Mapping[str, str]) -> dict[str, str]:
    """The metadata that says which values are looked up in tables of means."""
    takes = [one for one in walk(*outputs.values()) if isinstance(one, Take)]
    values = [(builder.values[id(take)], take.means) for take in takes]
    return told({final.get(value, value): means for value, means in values if means is not None})


def _final_names(builder: Builder, outputs: Mapping[str, Expr]) -> dict[str, str]:
    """The names that computed values will have as outputs."""
    made = {name for node in builder.nodes for name in node.output}
    renamed = {builder.values[id(expr)]: name for name, expr in reversed([*outputs.items()])}
    return {value: name for value, name in renamed.items() if value in made}


def _graph_names(real: Sequence[str], outputs: Iterable[str]) -> dict[str, str]:
    """A name in the graph for each column: its own where that is possible."""
    taken = {*outputs, *real}
    names: dict[str, str] = {}
    for place, name in enumerate(real):
        if name in names:
            raise AutomlError(f"column '{name}' is an input twice")
        names[name] = name
        if not name or "\0" in name or name in set(outputs):
            names[name] = next(free for n in range(len(taken) + 1) if (free := f"column_{place + n}") not in taken)
            taken.add(names[name])
    return names


def translate_all(builder: Builder, exprs: Iterable[Expr]) -> None:
    """Give each expression below `exprs` its value in the builder, whose inputs are named."""
    for expr in walk(*exprs):
        if isinstance(expr, Column | Features | Stub):
            if leaf_name(expr) not in builder.inputs:
                raise AutomlError(f"the expression uses '{leaf_name(expr)}', which is no input of the graph")
            builder.varying.add(id(expr))
        elif any(id(part) in builder.varying for part in expr.parts()):
            builder.varying.add(id(expr))
        builder.values[id(expr)] = translate(builder, expr)


def rows_of(builder: Builder, expr: Expr) -> str:
    """The value for all rows, also where it is the same for each."""
    value = builder.values[id(expr)]
    return value if id(expr) in builder.varying else builder.repeat(value, expr.width)
