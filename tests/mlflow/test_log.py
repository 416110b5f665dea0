"""MLflow keeps a bundle with its scores, and its copy answers like it."""

from __future__ import annotations

from pathlib import Path

import pytest

from automl.bundle.read import Bundle
from automl.mlflow import log_bundle

mlflow = pytest.importorskip("mlflow", reason="needs pip install 'automl[mlflow]'")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", "ignore::FutureWarning")


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A local store, all of it in one folder."""
    monkeypatch.chdir(tmp_path)
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(uri)
    mlflow.set_experiment(experiment_id=mlflow.create_experiment("credit", (tmp_path / "artifacts").as_uri()))
    yield tmp_path
    mlflow.set_tracking_uri(before)


def test_a_registered_bundle_scores_like_itself(store, bundle, raw):
    """Opened by its name in the registry, it gives the same frame."""
    opened = Bundle.load(bundle)
    log_bundle(bundle, registered_as="credit")
    frame = raw.to_pandas()
    loaded = mlflow.pyfunc.load_model("models:/credit/1")
    assert loaded.predict(frame).equals(opened.predict(frame))


def test_no_pickle_is_written(store, bundle):
    """The model is a bundle and a file of code."""
    log_bundle(bundle)
    names = [path.name for path in store.rglob("*") if path.is_file()]
    assert "pyfunc_model.py" in names
    assert not [name for name in names if Path(name).suffix in {".pkl", ".pickle"}]


def test_a_run_tells_scores_money_and_hash(store, bundle):
    """As the manifest has them; a run that is active is the one that is written to."""
    manifest = Bundle.load(bundle).manifest
    with mlflow.start_run() as run:
        log_bundle(bundle)
    found = mlflow.get_run(run.info.run_id).data
    assert found.tags["automl.content_hash"] == manifest.content_hash
    told = {f"{score.rows}_{score.metric}": score.value for score in manifest.scores if score.value is not None}
    assert told.items() <= found.metrics.items()
    if manifest.verdict:
        assert found.metrics["saving_per_1000_rows"] == manifest.verdict.saving
