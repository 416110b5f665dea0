"""Where pyarrow is not installed a fit and its bundle do all that they do; what asks for it names the extra."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

HIDING = """
import sys
from importlib.machinery import PathFinder

class Hiding(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] == "pyarrow" else PathFinder.find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Hiding
"""
FIT = """
import json
from pathlib import Path
import pandas
import polars as pl
from automl import examples
from automl.cli import cli
from automl.deploy.serve import arrow
from automl.deploy.serve.model import Model
from automl.deploy.serve.settings import Settings
from automl.pipeline.fit import fit
from automl.sklearn import AutoMLClassifier
from automl.spec import load
from click.testing import CliRunner

QUICK = ('recipe.name="quick"', 'recipe.learners=["linear"]', "recipe.folds=2", "report.html=false")
room = Path(sys.argv[1])
spec = load(examples.write("german-credit", room / "e"), overrides=("budget.trials=2", *QUICK))
done = fit(spec, out=room / "credit.bundle", write_anyway=True)
test = room / "e" / "test.csv"
ran = CliRunner().invoke(cli, ["predict", str(done.path), str(test), "-o", str(room / "scored.parquet")])
assert ran.exit_code == 0, ran.output
read = pl.read_csv(test)
frame = pandas.DataFrame(read.to_dict(as_series=False))
pandas_too = done.bundle.predict(frame)
served = Model.open(done.path, Settings())
answer = json.loads(served.answer(read.head(2).to_dicts()).content)
stream = arrow.read_stream(arrow.write_stream(read), columns=set(read.columns), strict=False, max_rows=10_000)
cheap = {"name": "quick", "folds": 2, "learners": ["linear"], "feature_search": 0, "members": 1}
model = AutoMLClassifier(recipe=cheap, n_jobs=1, spec={"budget": {"trials": 1, "executor": "inline"}})
y = frame.pop("class")
model.fit(frame, y)
read.write_ipc_stream(room / "rows.arrow")
streamed = CliRunner().invoke(cli, ["predict", str(done.path), str(room / "rows.arrow"), "-o", str(room / "no.csv")])
cut = CliRunner().invoke(
    cli, ["predict", str(done.path), str(room / "scored.parquet"), "--manifest", str(room / "m"), "--missing", "empty"]
)
print(json.dumps({
    "pandas": pandas_too["probability"].to_list(), "sklearn": model.predict_proba(frame).shape,
    "served": answer["rows"],
    "stream": stream.height, "rows": read.height, "there": sorted(n for n in sys.modules if n.startswith("pyarrow")),
    "errors": [(repr(one.exception), getattr(one.exception, "hint", "")) for one in (streamed, cut)],
}))
"""


pytestmark = pytest.mark.timeout(600)  # two fits in an interpreter of their own


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """A folder in which an interpreter without pyarrow has worked, and what it told."""
    room = tmp_path_factory.mktemp("without")
    done = subprocess.run([sys.executable, "-c", HIDING + FIT, str(room)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return room, json.loads(done.stdout.splitlines()[-1])


def test_all_is_done(ran: tuple[Path, dict[str, object]]) -> None:
    """Fitted, scored to parquet, from pandas, served, and by an estimator, with the same answers."""
    room, told = ran
    scored = pl.read_parquet(room / "scored.parquet")
    assert told["there"] == []
    assert scored["probability"].to_list() == told["pandas"]
    assert scored.height == told["rows"] == told["stream"] == told["sklearn"][0]
    assert [row["probability"] for row in told["served"]] == scored["probability"].head(2).to_list()


def test_what_needs_it_names_the_extra(ran: tuple[Path, dict[str, object]]) -> None:
    """A stream of Arrow, and parquet for many machines: a DataError, and nothing is written."""
    room, told = ran
    for (error, hint), purpose in zip(told["errors"], ("a stream of Arrow", "cutting parquet"), strict=True):
        assert error.startswith("DataError"), error
        assert purpose in error
        assert hint.startswith("pip install 'automl[arrow]'")
    assert not (room / "no.csv").exists()
    assert not (room / "m" / "manifest.json").exists()
