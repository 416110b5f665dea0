"""Evidence of a bundle reads back as the rows that it was written from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from automl.bundle.evidence import evidence
from automl.bundle.kept import entries_of, kept_rows, predicted
from automl.bundle.read import Bundle
from automl.bundle.write import finish, stage, staging
from automl.data.read.frames import read_frame
from automl.data.rows import Rows
from automl.decide.costs.cost_matrix import EXPECTED
from automl.errors import BundleError

FEE = {"name": "fee", "wire": "number", "missing": [], "parser": None}


@pytest.fixture(scope="module")
def rows(raw, columns):
    """The rows behind the bundle of the fixtures, with a fee that no feature is made of."""
    wide = raw.with_columns(pl.Series("fee", [str(place) for place in range(raw.height)]))
    frame = read_frame({"columns": [dict(column.reader) for column in columns]}, raw)
    y = (np.arange(raw.height) % 2).astype(float)
    return Rows(frame=frame, raw=wide, y=y, weight=np.arange(raw.height) + 1.0, time=np.arange(raw.height) * 1e6)


@pytest.fixture(scope="module")
def kept(rows, make_contents, binary, tmp_path_factory):
    """What comes back of 300 train rows, one of them without a prediction, and 200 test rows."""
    train, test = rows.take(np.arange(300)), rows.take(np.arange(300, 500))
    oof = np.linspace(0.0, 1.0, 300)[:, None].copy()
    oof[7] = np.nan
    later = {f"{EXPECTED}damage": np.arange(300) / 2}, {f"{EXPECTED}damage": np.arange(200) / 4}
    parts = [
        evidence(train, oof, part="oof", costs=["income", "fee"], expected=later[0]),
        evidence(test, np.full((200, 1), 0.25), part="test", costs=["income", "fee"], expected=later[1]),
    ]
    contents = make_contents(binary)
    told = replace(
        contents,
        evidence=pl.concat(parts),
        reader={**contents.reader, "evidence": [FEE]},
        spec=contents.spec | {"data": {"outcomes": ["fee"]}},
    )
    out = tmp_path_factory.mktemp("kept") / "a.bundle"
    stage(told, staging(out))
    return kept_rows(Bundle.load(finish(staging(out), out, gates=(), verdict=None, card="")))


def test_rows_without_a_prediction_were_never_kept(kept, rows):
    """Of each part the truths, weights, times and predictions come back in their order."""
    train = np.delete(np.arange(300), 7)
    np.testing.assert_array_equal(kept.data.train.y, rows.y[train])
    np.testing.assert_array_equal(kept.data.train.weight, rows.weight[train])
    np.testing.assert_array_equal(kept.data.test.time, rows.time[300:])
    np.testing.assert_array_equal(kept.oof[:, 0], np.linspace(0.0, 1.0, 300)[train])
    assert kept.prediction.tolist() == [[0.25]] * 200
    assert kept.data.train.group is None


def test_amounts_are_read_as_in_training(kept, rows):
    """Raw cells of the columns that costs name pass the same reader: money signs and gaps are what they were."""
    train = np.delete(np.arange(300), 7)
    np.testing.assert_array_equal(kept.data.train.frame["income"], rows.frame["income"].to_numpy()[train])
    assert kept.data.test.frame["fee"].to_list() == list(range(300, 500))
    np.testing.assert_array_equal(kept.data.test.frame[f"{EXPECTED}damage"], np.arange(200) / 4)


def test_columns_have_their_roles_back(kept, binary):
    """What is known only afterwards is an outcome, the rest is excluded; the labels are those of the target."""
    assert {column.name: column.role for column in kept.data.schema.columns} == {"income": "excluded", "fee": "outcome"}
    assert not kept.data.schema.features
    assert kept.data.labels == binary
    assert kept.data.split == "a random fifth"


def test_a_bundle_without_costs_has_rows_all_the_same(make_contents, multiclass, rows, tmp_path):
    """Several labels have a prediction each; where costs named no column, none is kept."""
    contents = make_contents(multiclass)
    told = replace(
        contents,
        spec=contents.spec | {"data": {}},
        evidence=evidence(rows, np.tile([0.2, 0.3, 0.5], (rows.n, 1)), part="test"),
    )
    stage(told, tmp_path / "s")
    found = kept_rows(Bundle.load(tmp_path / "s"))
    assert found.data.schema.columns == ()
    assert (found.oof.shape, found.prediction.shape) == ((0, 3), (rows.n, 3))
    assert (found.data.train.n, found.data.test.n) == (0, rows.n)


@pytest.mark.parametrize(("kind", "name"), [("binary", "probability"), ("regression", "prediction")])
def test_policies_stand_on_the_prediction(kind, name, request, make_bundle, tmp_path):
    """A probability or a number, never the decision that was made of it; every column of the graph has its entry."""
    manifest = Bundle.load(make_bundle(request.getfixturevalue(kind), tmp_path / "b")).manifest
    assert predicted(manifest).name == name
    assert len(entries_of(manifest)) == 6


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + bytes(60) + b"PAR1", pl.DataFrame({"x": [1]})])
def test_evidence_that_is_none_is_the_bundles_fault(content, make_contents, binary, tmp_path, reseal):
    """B07: a file that is no parquet, or has none of the columns, with its hash made right: exit 7, and what to do."""
    stage(make_contents(binary), staging(tmp_path / "b"))
    out = finish(staging(tmp_path / "b"), tmp_path / "b", gates=(), verdict=None, card="")
    path = out / "evidence.parquet"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        content.write_parquet(path)
    reseal(out)
    with pytest.raises(BundleError, match="the evidence cannot be read") as refused:
        kept_rows(Bundle.load(out))
    assert refused.value.exit_code == 7
