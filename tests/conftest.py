"""Fixtures that several rooms share."""

from __future__ import annotations

import os

# before anything loads a library that reads it: as under the command line, or threads wait for each other by spinning
os.environ.setdefault("OMP_NUM_THREADS", "1")

# ruff: noqa: E402
import csv
import gc
import json
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import numpy as np
import polars as pl
import pytest
from devtools import Tab, browser
from hypothesis import settings

from automl.bundle import write
from automl.bundle.contents import Contents
from automl.bundle.files import open_files
from automl.data.rows import Column, Labels
from automl.graph.onnx import to_onnx
from automl.ops import expr as ops
from automl.task import Task

pytest_plugins = ["object_stores"]
pytest.register_assert_rewrite("automl.testing")
from automl.testing._bundle import (  # after that line, so that an assert of the suites tells what it saw
    BINARY,
    feature_columns,
    raw_rows,
    small_bundle,
    small_contents,
)

settings.register_profile("automl", deadline=None)  # no test has a stopwatch: the machine may be busy
settings.load_profile("automl")

GOLDEN = Path(__file__).parent / "golden"
WIDTHS = (390, 1280)
SEEN = """(() => {
  const sheet = document.querySelector("table.sort"), head = sheet?.querySelector("th button");
  head?.click();
  return {
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    title: document.title, styled: getComputedStyle(document.body).maxWidth,
    sorted: head ? sheet.querySelector("th").getAttribute("aria-sort") : "no table",
  };
})()"""
AXE = Path(str(find_spec("axe_playwright_python").origin)).with_name("axe.min.js")  # type: ignore[union-attr]  # a library of these tests
FOUND = """(() => {
  document.querySelectorAll("details").forEach((one) => { one.open = true; });
  return axe.run({ resultTypes: ["violations"] }).then((all) => all.violations
    .filter((one) => ["serious", "critical"].includes(one.impact))
    .map((one) => [one.id, one.help, ...one.nodes.map((node) => node.html.slice(0, 200))]));
})()"""

collect_ignore = ["portable"]  # it takes from Python what the other tests need
DATA = tempfile.TemporaryDirectory(prefix="automl-tests-")
os.environ["XDG_DATA_HOME"] = DATA.name  # also of what a test starts: the user's own data folder is not touched
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # read when a test itself imports the library first


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-golden", action="store_true", help="Write tests/golden anew instead of comparing.")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for garbage once: of the 1.5 million objects of all test modules, which stay, a look takes half a second."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def fewer_rows_are_timed() -> Iterator[None]:
    """Fits in this process time 200 single rows for their gates: 2,000 take as long as the start of the process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("automl.gates.measure.ROWS", 200)
        yield


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with ``tests/golden/NAME``; `make golden` writes the files anew."""

    def compare(name: str, text: str) -> None:
        file = GOLDEN / name
        if request.config.getoption("--write-golden"):
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        assert file.exists(), f"there is no tests/golden/{name}; `make golden` writes it"
        assert text == file.read_text(encoding="utf-8"), "if the change is meant, `make golden` and read the diff"

    return compare


@pytest.fixture(scope="session")
def service() -> Callable[..., str]:
    """The program under one of several names, from what `make services` installs.

    Without it the test is skipped; in CI, where it should be, the test fails.
    """

    def find(*names: str) -> str:
        return next(filter(None, map(shutil.which, names)), None) or _not_there(f"no {names[0]}")

    return find


def _not_there(what: str) -> NoReturn:
    reason = f"there is {what} here: `make services` installs it"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium(service: Callable[..., str]) -> str:
    """A browser without a window."""
    return service("chromium", "google-chrome")


@pytest.fixture(scope="module")
def tab(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """A tab without a network, one for the tests of a file: each opens its own page. A fit would end it as its own."""
    with browser(chromium, tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture
def holds_in_browser(tab: Tab, tmp_path: Path) -> Callable[[str], None]:
    """Looks at a page in a browser on a phone and on a desk, and fails unless it holds there.

    Nothing runs over the edge, nothing is fetched, its own sheet and script work, and no name that is a script ran
    (it would call the page "evil").
    """

    def check(page: str) -> None:
        file = tmp_path / "page.html"
        file.write_text(page, encoding="utf-8")
        for width in WIDTHS:
            tab.open(file, width=width)
            seen = tab.run(SEEN)
            assert seen["overflow"] <= 0, f"the page is wider than {width} px"
            assert tab.fetched == [file.as_uri()]
            assert (seen["styled"], seen["sorted"]) == ("1280px", "ascending")
            assert seen["title"] != "evil"

    return check


@pytest.fixture
def open_to_all(tab: Tab, tmp_path: Path) -> Callable[[str], None]:
    """Fails where axe finds what keeps people from reading a page, in light, in dark and on a phone: all parts open."""

    def check(page: str) -> None:
        file = tmp_path / "page.html"
        file.write_text(page, encoding="utf-8")
        for width, scheme in ((1280, "light"), (1280, "dark"), (390, "light")):
            tab.open(file, width=width, scheme=scheme)
            tab.run(AXE.read_text(encoding="utf-8"))
            assert tab.run(FOUND) == [], (width, scheme)

    return check


@pytest.fixture(scope="session")
def raw() -> pl.DataFrame:
    """500 raw rows, all text, as a CSV gives them."""
    return raw_rows()


@pytest.fixture(scope="session")
def columns() -> tuple[Column, ...]:
    """The feature columns of `raw`, one of each wire."""
    return feature_columns()


@pytest.fixture(scope="session")
def make_contents() -> Callable[[Labels], Contents]:
    """Contents of a small true bundle over `raw`, for any labels."""
    return small_contents


@pytest.fixture(scope="session")
def binary() -> Labels:
    """Labels that are whole numbers: 2 is the positive one."""
    return BINARY


@pytest.fixture(scope="session")
def multiclass() -> Labels:
    """Three labels of text."""
    texts = ("low", "mid", "high")
    return Labels(name="level", task=Task(kind="multiclass", classes=3), values=texts, texts=texts)


@pytest.fixture(scope="session")
def regression() -> Labels:
    """No labels: a price."""
    return Labels(name="price", task=Task(kind="regression"), dtype="float")


@pytest.fixture(scope="session")
def make_bundle() -> Callable[[Labels, Path], Path]:
    """A finished bundle for labels at a path."""
    return lambda labels, out: small_bundle(out, labels)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished bundle of a binary problem; look, don't touch."""
    return small_bundle(tmp_path_factory.mktemp("bundles") / "credit.bundle")


@pytest.fixture(scope="session")
def make_version() -> Callable[..., Path]:
    """A finished bundle called "credit" at a path, by its serial number: two of them differ in their content hashes."""

    def make(out: Path, serial: int, name: str | None = "credit") -> Path:
        contents = small_contents()
        spec = {**contents.spec, "bundle": {"name": name, "serial": serial}}
        write.stage(replace(contents, spec=spec, sources={"rows.csv": "0" * 64}), write.staging(out))
        return write.finish(write.staging(out), out, gates=(), verdict=None, card="# A card\n")

    return make


@pytest.fixture(scope="session")
def versions(make_version: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    """Bundles called "credit" with the serial numbers 1 to 4; look, don't touch."""
    folder = tmp_path_factory.mktemp("versions")
    return tuple(make_version(folder / f"{serial}.bundle", serial) for serial in range(1, 5))


@pytest.fixture(scope="session")
def deciding(tmp_path_factory: pytest.TempPathFactory) -> Callable[[float], Path]:
    """Makes a bundle that finds "2" likely from an age on; a miss costs 70, a false alarm 8."""

    def make(age: float) -> Path:
        contents = small_contents()
        old = ops.AsNumber(ops.LessEqual(ops.constant(age), ops.Column("age")))
        share = ops.Add(ops.constant(0.05), ops.Multiply(ops.constant(0.9), old))
        shares = ops.Concat((ops.Subtract(ops.constant(1.0), share), share))
        losses = ops.MatMul(shares, np.array([[0.0, 8.0], [70.0, 0.0]]))
        decision = ops.ArgMin(losses)
        cost = ops.RowSum(ops.Multiply(losses, ops.Take(decision, np.eye(2))))
        outputs = {"probability": share, "decision": ops.TakeText(decision, BINARY.texts), "expected_cost": cost}
        costs = {"false_positive": 8, "false_negative": 70, "currency": "EUR"}
        priced = replace(
            contents,
            model=to_onnx(outputs, inputs=[ops.Column("age")]),
            reader={"columns": [entry for entry in contents.reader["columns"] if entry["name"] == "age"]},
            spec={"objective": {"target": "bad", "positive": "2", "costs": costs}, "data": {"train": "rows.csv"}},
        )
        out = tmp_path_factory.mktemp("deciding") / f"{age:g}.bundle"
        write.stage(priced, write.staging(out))
        return write.finish(write.staging(out), out, gates=(), verdict=None, card="")

    return make


@pytest.fixture(scope="session")
def in_each_format() -> Callable[[pl.DataFrame, Path], Mapping[str, Path]]:
    """Writes a frame as csv (as Python and pandas spell values), parquet, ndjson, arrow and xlsx; the paths by format.

    A workbook has no zones and no durations: there they are text.
    """

    def write(frame: pl.DataFrame, folder: Path) -> Mapping[str, Path]:
        paths = {form: folder / f"rows.{form}" for form in ("csv", "parquet", "ndjson", "arrow", "xlsx")}
        with paths["csv"].open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(frame.columns)
            writer.writerows(frame.iter_rows())
        frame.write_parquet(paths["parquet"])
        frame.write_ndjson(paths["ndjson"])
        frame.write_ipc(paths["arrow"])
        zoned = [n for n, dtype in frame.schema.items() if dtype == pl.Duration or getattr(dtype, "time_zone", None)]
        as_text = (pl.Series(n, [None if v is None else str(v) for v in frame[n]], dtype=pl.String) for n in zoned)
        frame.with_columns(as_text).write_excel(paths["xlsx"])
        return paths

    return write


@pytest.fixture(scope="session")
def grow() -> Callable[..., ops.Ensemble]:
    """A random forest as arrays: any modes, NaN to both sides, sets, trees of one leaf, several targets."""

    def make(
        seed: int,
        *,
        trees: int = 7,
        depth: int = 5,
        features: int = 4,
        width: int = 1,
        modes: tuple[int, ...] = (0, 1, 2),
    ) -> ops.Ensemble:
        draw = np.random.default_rng(seed)
        nodes: list[list[float]] = []  # feature, threshold, mode, nan_true, true child, false child
        leaves: list[tuple[float, int]] = []  # value, target
        sets: dict[int, tuple[int, ...]] = {}

        def node(levels: int) -> int:
            if levels == 0 or draw.random() < 0.2:
                leaves.append((draw.normal(), int(draw.integers(width))))
                return -len(leaves)
            place, mode = len(nodes), int(draw.choice(modes))
            nodes.append([draw.integers(features), draw.integers(-3, 4), mode, draw.integers(2), 0, 0])
            if mode == 2:
                sets[place] = tuple(
                    np.unique(draw.integers(0, draw.choice([3, 40, 200]), draw.integers(0, 30))).tolist()
                )
            nodes[place][4:] = node(levels - 1), node(levels - 1)
            return place

        roots = np.array([node(depth) for _ in range(trees)], dtype=np.int64)
        table = np.array(nodes, dtype=np.float64).reshape(-1, 6)
        return ops.Ensemble(
            feature=table[:, 0].astype(np.int64),
            threshold=table[:, 1],
            mode=table[:, 2].astype(np.int8),
            nan_true=table[:, 3].astype(np.bool_),
            true_child=table[:, 4].astype(np.int64),
            false_child=table[:, 5].astype(np.int64),
            sets=sets,
            leaf_value=np.array([value for value, _ in leaves], dtype=np.float64),
            leaf_target=np.array([target for _, target in leaves], dtype=np.int64),
            roots=roots,
            base=draw.normal(size=width) * (seed % 2),
        )

    return make


@pytest.fixture
def as_stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was noted as this user's own: each bundle is a stranger's."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "empty"))


@pytest.fixture(scope="session")
def hungry(tmp_path_factory: pytest.TempPathFactory, regression: Labels) -> Path:
    """A stranger's bundle, its graph audited and all hashes right, whose golden rows take 4 GB, half of it at last."""
    return _strange(_doubled(ops.Column("age"), 16), regression, tmp_path_factory.mktemp("strangers"))


@pytest.fixture(scope="session")
def hungry_at_once(tmp_path_factory: pytest.TempPathFactory, regression: Labels) -> Path:
    """As `hungry`, but nearly all of it is asked for in one step: refused before gigabytes are touched."""
    wide = ops.Concat((_doubled(ops.Column("age"), 10),) * 256)
    return _strange(wide, regression, tmp_path_factory.mktemp("strangers"))


def _doubled(wide: ops.Expr, times: int) -> ops.Expr:
    for _ in range(times):
        wide = ops.Concat((wide, wide))
    return wide


def _strange(wide: ops.Expr, labels: Labels, place: Path) -> Path:
    """A bundle below `place`, noted as nobody's own, that sums `wide`, made of age, for 4,096 golden rows."""
    contents = small_contents(labels)
    reader = {"columns": [entry for entry in contents.reader["columns"] if entry["name"] == "age"]}
    model = to_onnx({"prediction": ops.RowSum(wide)}, inputs=[ops.Column("age")])
    out = place / "hungry.bundle"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(out.parent / "data"))
        write.stage(replace(contents, model=model, reader=reader, golden=[{"age": "30"}]), write.staging(out))
        (write.staging(out) / "golden" / "rows.json").write_text(json.dumps([{"age": "30"}] * 4_096), encoding="utf-8")
        write._seal(write.staging(out), open_files(write.staging(out)).manifest)
        return write.finish(write.staging(out), out, gates=(), verdict=None, card="")


@pytest.fixture(scope="session")
def make_shop() -> Callable[..., Path]:
    """A finished bundle of two tables at a path."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parent))
        from shop import shop_bundle
    return shop_bundle
