"""One C99 file and its header, without dependencies, from the bundle's own graph."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from automl.bundle.manifest import Manifest
from automl.deploy.export import _c_text as text
from automl.deploy.export._c_nodes import write_nodes
from automl.deploy.export._c_writer import HELPERS, NUMBER, TEXT, Value
from automl.deploy.export.base import Exporter, Source, one_table
from automl.graph.nodes import Graph, read_graph
from automl.names import outside

HEADER = """/* The model of a bundle, for one row. Made by `automl export --to c`; it needs C99 alone, and -lm.
   Content hash of the bundle: {content_hash}

   A row holds what the bundle's reader gives: numbers are doubles (NAN is missing), flags 1.0 and 0.0, dates are
   microseconds since 1970 in UTC, categories are UTF-8 text without blanks at the ends ("" or NULL is missing).
   Do not compile it with -ffast-math: missing numbers are NaN. */

#ifndef MODEL_H
#define MODEL_H

#ifdef __cplusplus
extern "C" {{
#endif

#define MODEL_INPUTS {inputs}

typedef struct {{
{row}
}} model_row;

typedef struct {{
{answer}
}} model_answer;

/* The columns that the fields of model_row stand for, in their order. */
extern const char *const model_inputs[MODEL_INPUTS];

/* The columns of an answer, in the order of its fields; an array has one for each cell. */
extern const char *const model_columns[{columns}];

/* 0: answered. 1: refused, because the row lacks a cost that the decision needs. Threads may share it. */
int model_score(const model_row *row, model_answer *answer);

#ifdef __cplusplus
}}
#endif

#endif
"""
SOURCE = """/* Made by `automl export --to c`: see model.h. */

#include "model.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

const char *const model_inputs[MODEL_INPUTS] = {{
    {inputs}
}};

const char *const model_columns[{width}] = {{
    {columns}
}};

{tables}

int model_score(const model_row *row, model_answer *answer) {{
{lines}
}}
"""


def write(source: Source, folder: Path) -> None:
    """model.h and model.c."""
    bundle = source.bundle
    one_table(bundle, "c")
    graph = read_graph(bundle.files.read("model.onnx"))
    fields = text.identifiers([column for column, _ in graph.inputs.values()])
    header, code = _sources(graph, bundle.manifest, fields)
    (folder / "model.h").write_text(header, encoding="ascii")
    (folder / "model.c").write_text(code, encoding="ascii")


def _sources(graph: Graph, manifest: Manifest, fields: Sequence[str]) -> tuple[str, str]:
    """Header and source."""
    inputs = {
        name: Value(kind=TEXT if is_text else NUMBER, shape=(1, 1), code=f"in_{place}")
        for place, (name, (_, is_text)) in enumerate(graph.inputs.items())
    }
    names = [output.name for output in manifest.outputs]
    writer = write_nodes(graph, inputs, names)
    found = [writer.values[name] for name in names]
    lines = [*writer.lines, *(line for name, value in zip(names, found, strict=True) for line in _given(name, value))]
    lines += ["return 0;" if "decision" not in names else _refused(found[names.index("decision")])]
    body = "\n".join(lines)
    helpers = [HELPERS[name] for name in HELPERS if name in writer.helpers]
    read = [_taken(place, field, inputs[name]) for place, (name, field) in enumerate(zip(inputs, fields, strict=True))]
    used = [line for place, line in enumerate(read) if re.search(rf"\bin_{place}\b", body)]
    columns = [column for output in manifest.outputs for column in output.columns]
    listed = [outside(column) for column, _ in graph.inputs.values()]
    header = HEADER.format(
        content_hash=re.sub(r"[^0-9a-f]", "", manifest.content_hash),
        inputs=len(fields),
        row="\n".join(f"    {_declared(inputs[name], field)};" for name, field in zip(inputs, fields, strict=True)),
        answer="\n".join(f"    {_declared(value, name)};" for name, value in zip(names, found, strict=True)),
        columns=len(columns),
    )
    source = SOURCE.format(
        inputs=",\n    ".join(map(text.string, listed)),
        width=len(columns),
        columns=",\n    ".join(map(text.string, columns)),
        tables="\n\n".join([*helpers, *_used(writer.tables, body)]),
        lines="\n".join(f"    {line}" for line in ([] if used else ["(void)row;"]) + used + body.splitlines()),
    )
    return header, source


def _declared(value: Value, name: str) -> str:
    kind = "const char *" if value.kind == TEXT else "double "
    return f"{kind}{name}" + (f"[{value.size}]" if value.size > 1 else "")


def _taken(place: int, field: str, value: Value) -> str:
    if value.kind == TEXT:
        return f'const char *const in_{place}[1] = {{row->{field} != NULL ? row->{field} : ""}};'
    return f"const double in_{place}[1] = {{row->{field}}};"


def _given(name: str, value: Value) -> list[str]:
    if value.size == 1:
        return [f"answer->{name} = {value.code}[0];"]
    return [f"for (int i = 0; i < {value.size}; i++) {{ answer->{name}[i] = {value.code}[i]; }}"]


def _refused(decision: Value) -> str:
    cell = f"{decision.code}[0]"
    return f"return {cell}[0] == '\\0';" if decision.kind == TEXT else f"return isnan({cell}) != 0;"


def _used(tables: Sequence[str], body: str) -> list[str]:
    """The tables that somebody reads: compilers warn of others."""
    names = set(re.findall(r"\b[a-z_0-9]+\b", body))
    return [table for table in tables if names & set(re.findall(r"\b((?:k|trees)[0-9]+(?:_nodes)?)\[", table))]


EXPORTER = Exporter(name="c", purpose="one C99 file and its header, without dependencies", makes="folder", write=write)
