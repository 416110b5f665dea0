"""Where tasks come from: a folder, a set inside scikit-learn, or OpenML; each becomes a task folder, made once."""

from __future__ import annotations

import json
import shutil
import tempfile
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from automl.bundle.frames import to_polars
from automl.data.read.files import file_digest
from automl.errors import DataError, MachineError, SpecError, nearest
from automl.task import Kind

SKLEARN: Final[dict[str, Kind]] = {
    "breast_cancer": "binary",
    "diabetes": "regression",
    "digits": "multiclass",
    "iris": "multiclass",
    "wine": "multiclass",
}
METRIC: Final[dict[Kind, str]] = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "rmse"}
TEST_SHARE, SPLIT_SEED = 0.25, 20240501
OPENML: Final = "https://www.openml.org/api/v1/json/task/{id}"
CHECKSUMS: Final = "checksums.json"
TIMEOUT_SECONDS: Final = 30.0


class Unavailable(MachineError):
    """A task cannot be had here, for want of a network, say: its cells are skipped, and the report says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A whole set: `frame` with its target, and the positions of its test rows. `positive` is for binary ones."""

    name: str
    frame: pl.DataFrame
    target: str
    kind: Kind
    test_rows: Sequence[int]
    source: str
    positive: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sets:
    """Turns a reference into a task folder. `data` holds task folders, `cache` what was made or fetched."""

    cache: Path
    data: Path | None = None
    fetch: Callable[[int, Path], Table] | None = None  # `fetch_openml_task`

    def folder(self, reference: str) -> Path:
        """The task folder behind ``sklearn:NAME``, ``openml:TASK_ID``, a path, or a name in the folder of the data.

        Raises `SpecError` for a wrong reference, `DataError` where a cached file has changed, `Unavailable` where
        it cannot be fetched.
        """
        source, colon, name = reference.partition(":")
        if colon and source in {"sklearn", "openml"}:
            place = self.cache / "sets" / f"{source}-{name}"
            if not place.is_dir():
                fetch = self.fetch or fetch_openml_task
                make_folder(_sklearn(name) if source == "sklearn" else fetch(_number(name), self.cache), place)
            check_folder(place)
            return place
        places = [Path(reference), *([self.data / reference] if self.data else [])]
        found = next((place for place in places if (place / "task.toml").is_file()), None)
        if found is None:
            hint = "give the folder of task folders with --data, or write sklearn:NAME or openml:TASK_ID"
            raise SpecError(f"there is no task '{reference}'", where=str(places[-1]), hint=hint)
        return found


def make_folder(table: Table, place: Path) -> None:
    """Write a task folder at `place`, whole or not at all, with the checksums of its files."""
    from automl.spec.writing import to_toml

    place.parent.mkdir(parents=True, exist_ok=True)
    said: dict[str, Any] = {
        "name": table.name,
        "kind": table.kind,
        "target": table.target,
        **({} if table.positive is None else {"positive": table.positive}),
        "metric": METRIC[table.kind],
        "source": table.source,
    }
    held = pl.Series(table.test_rows, dtype=pl.Int64)
    numbered = table.frame.with_row_index("\0row")
    with tempfile.TemporaryDirectory(dir=place.parent) as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        (made / "task.toml").write_text(to_toml(said), encoding="utf-8")
        for part, rows in (
            ("train", ~pl.col("\0row").is_in(held.implode())),
            ("test", pl.col("\0row").is_in(held.implode())),
        ):
            numbered.filter(rows).drop("\0row").write_parquet(made / f"{part}.parquet")
        digests = {path.name: file_digest(path) for path in sorted(made.iterdir())}
        (made / CHECKSUMS).write_text(json.dumps(digests, indent=2), encoding="utf-8")
        shutil.move(made, place)


def check_folder(place: Path) -> None:
    """Refuse a cached set whose files are not those that were written."""
    for name, digest in json.loads((place / CHECKSUMS).read_text(encoding="utf-8")).items():
        if file_digest(place / name) != digest:
            hint = f"remove the folder {place}: it is made again"
            raise DataError("a cached file is not the one that was written", where=str(place / name), hint=hint)


def _number(name: str) -> int:
    if not name.isdecimal():
        raise SpecError(f"expected the number of a task such as openml:31, got '{name}'", where="openml:")
    return int(name)


# --- scikit-learn ---------------------------------------------------------------------------------------


def _sklearn(name: str) -> Table:
    """A set that comes with scikit-learn, split by us: a quarter is the test part, stratified where it has classes."""
    from sklearn import datasets

    if name not in SKLEARN:
        close = nearest(name, SKLEARN)
        hint = f"did you mean '{close}'?" if close else f"known: {', '.join(SKLEARN)}"
        raise SpecError(f"no set '{name}' comes with scikit-learn", where=f"sklearn:{name}", hint=hint)
    kind = SKLEARN[name]
    found = getattr(datasets, f"load_{name}")()
    names = [str(column).replace(" (cm)", "") for column in found.feature_names]
    frame = pl.DataFrame(dict(zip(names, found.data.T, strict=True)))
    labels = found.target if kind == "regression" else [str(found.target_names[code]) for code in found.target]
    return Table(
        name=name,
        frame=frame.with_columns(pl.Series("target", labels)),
        target="target",
        kind=kind,
        positive="malignant" if name == "breast_cancer" else None,
        test_rows=_drawn(found.target, kind),
        source=f"scikit-learn, sklearn.datasets.load_{name}",
    )


def _drawn(target: Any, kind: Kind) -> list[int]:
    from sklearn.model_selection import train_test_split

    strata = None if kind == "regression" else target
    _, test = train_test_split(range(len(target)), test_size=TEST_SHARE, random_state=SPLIT_SEED, stratify=strata)
    return sorted(test)


# --- OpenML ---------------------------------------------------------------------------------------------


def fetch_openml_task(number: int, cache: Path) -> Table:
    """An OpenML task (Vanschoren et al. 2014) with the first fold of its own split.

    The rows come by scikit-learn's client, which checks OpenML's MD5; raises `Unavailable` without a network.
    """
    from sklearn.datasets import fetch_openml

    try:
        task = json.loads(_get(OPENML.format(id=number)))["task"]
        inputs = {entry["name"]: entry for entry in task["input"]}
        asked = inputs["source_data"]["data_set"]
        split = _get(inputs["estimation_procedure"]["estimation_procedure"]["data_splits_url"])
        found = fetch_openml(data_id=int(asked["data_set_id"]), as_frame=True, data_home=str(cache / "openml"))
    except (OSError, ValueError, KeyError) as error:
        raise Unavailable(
            f"the OpenML task {number} cannot be fetched: {type(error).__name__}: {error}",
            where=f"openml:{number}",
            hint="it needs a network once; then it is cached",
        ) from error
    frame = to_polars(found.frame)
    target = asked["target_feature"]
    return Table(
        name=found.details["name"],
        frame=frame,
        target=target,
        kind=_kind(task["task_type"], frame[target]),
        test_rows=read_split(split),
        source=f"OpenML task {number}, data set {asked['data_set_id']}, repeat 0, fold 0",
    )


def read_split(text: str) -> list[int]:
    """The test rows of fold 0 of repeat 0 in OpenML's ARFF of splits (type, row, repeat, fold)."""
    rows = (line.split(",") for line in text.splitlines() if line and line[0] not in "@%")
    return sorted(
        {int(row) for part, row, repeat, fold in rows if (part.strip("'"), repeat, fold) == ("TEST", "0", "0")}
    )


def _kind(task_type: str, target: pl.Series) -> Kind:
    if "Regression" in task_type:
        return "regression"
    return "binary" if target.drop_nulls().n_unique() == len(("other", "positive")) else "multiclass"


def _get(url: str) -> str:
    with urllib.request.urlopen(url.replace("http://", "https://"), timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310  # https, by the line itself
        return str(answer.read().decode("utf-8"))
