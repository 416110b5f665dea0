"""What exports are compared by, and a bundle whose words are written to harm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from automl.bundle.contents import Contents
from automl.bundle.margins import Margin
from automl.bundle.profile import Profile
from automl.bundle.write import finish, stage, staging
from automl.data.rows import Labels
from automl.graph.onnx import to_onnx
from automl.ops import expr as ops

EVIL = (
    "\nRUN touch /pwned",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}",
    "$(touch /pwned)",
)


@pytest.fixture(scope="session")
def content() -> Callable[[Path], dict[str, bytes]]:
    """The bytes of an export by name."""

    def read(out: Path) -> dict[str, bytes]:
        if out.is_file():
            return {"": out.read_bytes()}
        return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}

    return read


@pytest.fixture(scope="session")
def evil(make_contents: Callable[[Labels], Contents], binary: Labels, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle whose columns, labels and target are written to harm."""
    labels = replace(binary, name=EVIL[0], values=EVIL[1:3], texts=EVIL[1:3], dtype="str")
    columns = [ops.Column(name) for name in EVIL]
    score = ops.Sigmoid(ops.RowSum(ops.Concat(tuple(columns))))
    outputs = {"probability": score, "decision": ops.TakeText(ops.AsIndex(score, 2), EVIL[1:3])}
    entries = [{"name": name, "wire": "number", "missing": [], "parser": None} for name in EVIL]
    contents = make_contents(labels)
    contents = replace(
        contents,
        model=to_onnx(outputs, inputs=columns),
        reader={"columns": entries},
        outputs=contents.outputs[:2],
        keys=(),
        golden=[dict.fromkeys(EVIL, EVIL[1]), dict.fromkeys(EVIL, "0.5")],
        profile=Profile(
            columns={name: Margin(wire="number", missing=0.0, levels=dict.fromkeys(EVIL, 0.1)) for name in EVIL}
        ),
    )
    out = tmp_path_factory.mktemp("evil") / "evil.bundle"
    stage(contents, staging(out))
    return finish(staging(out), out, gates=(), verdict=None, card="")
