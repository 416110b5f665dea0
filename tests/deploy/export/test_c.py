"""The C that an export writes compiles without a warning and answers as the graph does."""

from __future__ import annotations

import ctypes
import json
import math
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from automl.bundle.manifest import outputs_of
from automl.bundle.read import Bundle
from automl.bundle.write import finish, stage, staging
from automl.data.read.reader import read_row
from automl.deploy.export import _c_text as text
from automl.deploy.export.base import export
from automl.deploy.export.c import _sources
from automl.errors import DataError
from automl.graph.nodes import read_graph
from automl.graph.onnx import to_onnx
from automl.graph.session import open_session
from automl.ops import expr as ops
from automl.pipeline.fit import fit
from automl.spec import parse

GCC = shutil.which("gcc")
needs_gcc = pytest.mark.skipif(GCC is None, reason="there is no gcc here")


class Compiled:
    """The library of an exported folder: one row in wire types in, the answer's numbers and texts out."""

    def __init__(self, folder: Path, wires: dict[str, str], outputs: list[tuple[str, str, int]]) -> None:
        library = folder.parent / f"{folder.name}.so"
        command = [str(GCC), "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic-errors", "-O1", "-shared", "-fPIC"]
        subprocess.run([*command, "-o", str(library), str(folder / "model.c"), "-lm"], check=True)
        self.wires, self.outputs = wires, outputs
        kinds = {"text": ctypes.c_char_p, "number": ctypes.c_double}
        self.row = type(
            "Row", (ctypes.Structure,), {"_fields_": [(f"f{i}", kinds[w]) for i, w in enumerate(wires.values())]}
        )
        cells = [(name, kinds[kind] * width if width > 1 else kinds[kind]) for name, kind, width in outputs]
        self.answer = type("Answer", (ctypes.Structure,), {"_fields_": cells})
        self.library = ctypes.CDLL(str(library))

    def __call__(self, row: dict[str, Any]) -> tuple[int, list[Any]]:
        """What model_score returns, and the cells of the answer."""
        values = (row[name].encode() if kind == "text" else row[name] for name, kind in self.wires.items())
        answer = self.answer()
        code = self.library.model_score(ctypes.byref(self.row(*values)), ctypes.byref(answer))
        cells: list[Any] = []
        for name, kind, width in self.outputs:
            value = getattr(answer, name)
            found = list(value) if width > 1 else [value]
            cells += [cell.decode() for cell in found] if kind == "text" else found
        return code, cells


def compiled(bundle: Path, folder: Path) -> Compiled:
    """The bundle exported and compiled."""
    export(bundle, "c", folder)
    manifest = Bundle.load(bundle).manifest
    outputs = [(output.name, output.wire, len(output.columns)) for output in manifest.outputs]
    return Compiled(folder, {entry.name: entry.wire for entry in manifest.inputs}, outputs)


def same(want: Any, got: Any) -> bool:
    """Texts alike; numbers within 1e-12·max(1, |x|), where sums may be added in another order."""
    if isinstance(got, str):
        return bool(want == got)
    want = float(want)
    return want == got or (math.isnan(want) and math.isnan(got)) or abs(want - got) <= 1e-12 * max(1.0, abs(want))


def compare(bundle: Path, folder: Path, draw: np.random.Generator, rows: int) -> None:
    """The golden rows, and rows whose cells come from golden rows at random, have the graph's answers."""
    model = Bundle.load(bundle)
    program = compiled(bundle, folder)
    golden = json.loads((bundle / "golden" / "rows.json").read_bytes())
    mixed = [{name: golden[int(draw.integers(len(golden)))].get(name) for name in golden[0]} for _ in range(rows)]
    whole = golden + mixed
    for row, answer in zip(whole, model._scorer.answer_all(whole)[0], strict=True):
        read = {name: value for name, value in read_row(model.manifest.reader, row).items() if name in program.wires}
        if any(isinstance(value, str) and "\0" in value for value in read.values()):
            continue  # no text of C has one
        code, cells = program(read)
        texts = {value: key for key, value in model._scorer.decisions.items()}
        want = [texts.get(cell, cell) if name == "decision" else cell for name, cell in answer.items()]
        assert code == 0
        assert all(map(same, want, cells)), (row, want, cells)


@needs_gcc
@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_c_answers_as_the_graph(kind, make_bundle, request, tmp_path):
    """C compiled with -Wall -Wextra -Werror gives the graph's answers on golden rows and on rows mixed of them."""
    bundle = make_bundle(request.getfixturevalue(kind), tmp_path / "a.bundle")
    compare(bundle, tmp_path / "c", np.random.default_rng(1), 200)


@needs_gcc
@pytest.mark.parametrize("learner", ["catboost_categories", "sparse_linear"])
def test_c_has_the_tables_of_categories(learner, tmp_path):
    """CatBoost's combinations and sums of tables: levels that are rare, unseen or missing score as in the graph."""
    rng = np.random.default_rng(0)
    shop, part, x = rng.zipf(1.4, 2_000) % 60, rng.integers(0, 12, 2_000), rng.normal(size=2_000)
    bought = 4.0 * (shop % 3 == part % 3) + x + rng.normal(size=2_000) > 2.0
    columns = {"shop": [f"s{i}" for i in shop], "part": [f"p{i}" for i in part], "x": x, "bought": bought}
    spec = parse(
        {
            "objective": {"target": "bought"},
            "recipe": {"learners": [learner], "folds": 2, "feature_search": 0.0},
            "budget": {"trials": 1, "workers": 1, "executor": "inline"},
        }
    )
    found = fit(spec, train=pl.DataFrame(columns), out=tmp_path / "a.bundle", write_anyway=True)
    assert learner in {member.learner for member in found.bundle.manifest.members}
    compare(tmp_path / "a.bundle", tmp_path / "c", rng, 200)


def everything(grow: Any) -> dict[str, ops.Expr]:
    """One output for each operation that C holds, over two numbers, a category, and an odd category."""
    a, b = ops.Column("a"), ops.Column("B-2")
    job, odd = ops.Column("job", "text"), ops.Column('say "?";\nint x', "text")
    keys = ("clerk", "b\\??/", 'q"uote', "漢字", "\tx", "nul\0")
    number = ops.Where(ops.IsMissing(a), ops.constant(0.5), a)
    pair = ops.Concat((number, b))
    index, other = ops.IndexOf(job, keys), ops.IndexOf(odd, ("x", "y"))
    knots = np.array([-3.0, -1.0, 0.5, 2.0, 7.0])
    whole = ops.AsNumber(ops.AsIndex(number, 40))  # what sets are tested on are whole numbers, or missing
    codes = ops.Where(ops.Less(b, ops.constant(0.0)), ops.constant(np.nan), ops.AsNumber(index))
    forest = ops.Trees(ops.Concat((codes, whole, whole, codes)), grow(3, trees=9))
    wide = ops.Trees(ops.Concat((whole, codes, codes, whole)), grow(5, width=3, trees=8))
    single = ops.Trees(pair, grow(4, features=2, modes=(0, 1)))
    found: dict[str, ops.Expr] = {
        "arithmetic": ops.Divide(ops.Subtract(ops.Add(pair, a), ops.constant(1.5, -2.0)), ops.Absolute(pair)),
        "bounds": ops.Minimum(ops.Maximum(a, b), ops.constant(1.0)),
        "floor": ops.Floor(ops.SquareRoot(ops.Absolute(pair))),
        "logarithm": ops.Logarithm(number),
        "logarithms": ops.Logarithm(ops.Absolute(pair)),
        "exponential": ops.Exponential(number),
        "sigmoid": ops.Sigmoid(pair),
        "softmax": ops.Softmax(ops.Concat((number, b, ops.constant(0.25)))),
        "flags": ops.AsNumber(ops.Or(ops.And(ops.Less(a, b), ops.LessEqual(b, a)), ops.Not(ops.Equal(a, b)))),
        "levels": ops.AsNumber(index),
        "level": ops.Take(index, np.arange(7.0)[:, None] * 1.1),
        "rows": ops.Take(index, np.arange(14.0).reshape(7, 2)),
        "pairs": ops.Take(
            ops.Pair(index, other, 3, np.array([1, 4, 7, 20])), np.array([[0.1], [0.2], [0.3], [0.4], [9.0]])
        ),
        "text": ops.TakeText(ops.AsIndex(number, 3), ("no", 'y"e\\s??', "")),
        "words": ops.AsNumber(ops.EqualText(odd, "x")),
        "calibrated": ops.Interpolate(number, knots, np.array([0.1, 0.2, 0.2, 0.7, 0.9])),
        "sum": ops.RowSum(ops.Pick(ops.Concat((number, b, a)), (1, 0))),
        "best": ops.AsNumber(ops.ArgMin(ops.Concat((a, b, number)))),
        "product": ops.MatMul(pair, np.array([[1.0, 2.0, -1.0], [0.5, 0.1, 3.0]])),
        "forest": forest,
        "wide": wide,
        "single": single,
        "fixed": ops.constant(3.5),
    }
    return found


@needs_gcc
def test_every_operation_is_held(grow, tmp_path):
    """Each operation of the list gives the graph's numbers: at missing cells, infinities, ties and odd texts too."""
    outputs = everything(grow)
    leaves = [ops.Column("a"), ops.Column("B-2"), ops.Column("job", "text"), ops.Column('say "?";\nint x', "text")]
    model = to_onnx(outputs, inputs=leaves)
    graph = read_graph(model)
    names = [(name, "text" if expr.dtype == "text" else "number", expr.width) for name, expr in outputs.items()]

    told = SimpleNamespace(
        content_hash="0" * 64,
        outputs=[SimpleNamespace(name=name, columns=[name] * width) for name, _, width in names],
    )
    folder = tmp_path / "c"
    folder.mkdir()
    header, source = _sources(graph, told, text.identifiers([leaf.name for leaf in leaves]))
    (folder / "model.h").write_text(header, encoding="ascii")
    (folder / "model.c").write_text(source, encoding="ascii")
    program = Compiled(folder, {leaf.name: leaf.of for leaf in leaves}, names)
    draw = np.random.default_rng(2)
    numbers = [
        math.nan,
        0.0,
        -0.0,
        1.0,
        -1.0,
        2.0,
        7.0,
        1e300,
        -1e300,
        math.inf,
        -math.inf,
        5e-324,
        *draw.normal(size=20) * 3,
    ]
    levels = ["", "clerk", "b\\??/", 'q"uote', "漢字", "\tx", "x", "y", "clerks", "~"]
    rows = [
        {leaf.name: draw.choice(levels) if leaf.of == "text" else float(draw.choice(numbers)) for leaf in leaves}
        for _ in range(400)
    ]
    columns = {
        leaf.name: np.array([row[leaf.name] for row in rows], dtype=object if leaf.of == "text" else float)
        for leaf in leaves
    }
    found = open_session(model).run(columns)
    for place, row in enumerate(rows):
        want = [cell for name, _, _ in names for cell in found[name][place].tolist()]
        cells = program({name: str(value) if isinstance(value, str) else value for name, value in row.items()})[1]
        wrong = [(name, x, y) for name, x, y in zip(_cells(names), want, cells, strict=True) if not same(x, y)]
        assert not wrong, (row, wrong)


def _cells(names: list[tuple[str, str, int]]) -> list[str]:
    return [name for name, _, width in names for _ in range(width)]


def test_what_c_cannot_hold_is_named(make_contents, binary, tmp_path):
    """A text that is cut into words is refused with its column; nothing is left at the place."""
    words = ops.Tokens(ops.Column("note", "text"), "[a-z]+", keys=("paid",), codes=(0,), most=4)
    score = ops.RowSum(ops.Take(words, np.array([[0.1], [0.2]])))
    found = {"probability": ops.Sigmoid(score), "decision": ops.TakeText(ops.AsIndex(score, 2), ("1", "2"))}
    model = to_onnx(found, inputs=[ops.Column("note", "text")])
    contents = replace(make_contents(binary), model=model, outputs=outputs_of(binary))
    stage(contents, staging(tmp_path / "t.bundle"))
    finish(staging(tmp_path / "t.bundle"), tmp_path / "t.bundle", gates=(), verdict=None, card="")
    with pytest.raises(DataError, match="C cannot hold the text tokenizer of column 'note'"):
        export(tmp_path / "t.bundle", "c", tmp_path / "c")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.bundle"]


@needs_gcc
def test_no_name_breaks_out_of_the_source(tmp_path):
    """S07: names of columns with quotes, comments, line breaks, trigraphs are identifiers and escaped strings."""
    evil = [
        '"; int x[-1]; "',
        "*/ int y[-1]; /*",
        "\nRUN touch /pwned",
        "a??/",
        "int",
        "Int",
        "\\",
        "漢字",
        "%s",
        "<script>",
    ]
    inputs = [ops.Column(name) for name in evil]
    model = to_onnx({"prediction": ops.RowSum(ops.Concat(tuple(inputs)))}, inputs=inputs)
    told = SimpleNamespace(content_hash="*/ x", outputs=[SimpleNamespace(name="prediction", columns=evil)])
    header, source = _sources(read_graph(model), told, text.identifiers(evil))
    assert not any(name in header + source for name in evil if len(name) > 3)
    folder = tmp_path / "c"
    folder.mkdir()
    (folder / "model.h").write_text(header, encoding="ascii")
    (folder / "model.c").write_text(source, encoding="ascii")
    program = Compiled(folder, dict.fromkeys(evil, "number"), [("prediction", "number", 1)])
    assert program({name: 1.0 + place for place, name in enumerate(evil)}) == (0, [55.0])
    listed = (ctypes.c_char_p * len(evil)).in_dll(program.library, "model_inputs")
    assert [name.decode() for name in listed] == evil
