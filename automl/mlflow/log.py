"""A bundle -> a run of MLflow: what it scores and saves as metrics, and the bundle itself as a model from code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from automl.bundle.read import Bundle
from automl.errors import BundleError

if TYPE_CHECKING:
    from mlflow.models.model import ModelInfo

    from automl.bundle.manifest import Manifest

MODEL = Path(__file__).with_name("pyfunc_model.py")


def log_bundle(bundle: Bundle | Path | str, *, name: str = "bundle", registered_as: str | None = None) -> ModelInfo:
    """Log a bundle to the run that is active, else to one of its own, and register it where a name is given.

    Metrics are the scores on test and out of fold, each with its interval, and in money per 1,000 rows what the model
    saves; tags are its hash, recipe and labels. The model is a folder with the bundle and the few lines of code that
    open it: nothing is pickled, and it needs this version of automl. Its predictions are those of `Bundle.predict`,
    rows in the same order. A bundle of several tables is a `BundleError`: MLflow hands a model one table.
    """
    import mlflow

    opened = bundle if isinstance(bundle, Bundle) else Bundle.load(bundle)
    manifest = opened.manifest
    if opened.tables:
        hint = "Serve it by `automl serve`, which takes the other tables."
        raise BundleError(
            "MLflow hands a model one table, and this one reads several", where=str(opened.path), hint=hint
        )
    with nullcontext() if mlflow.active_run() else mlflow.start_run():
        mlflow.log_metrics(dict(_metrics(manifest)))
        mlflow.set_tags(dict(_tags(manifest)))
        mlflow.log_dict(manifest.whole_spec, "spec.json")
        return mlflow.pyfunc.log_model(
            name=name,
            python_model=str(MODEL),
            artifacts={"bundle": str(opened.path)},
            pip_requirements=[f"automl[mlflow]=={version('automl')}"],  # else MLflow opens the model to find out
            registered_model_name=registered_as,
        )


def _metrics(manifest: Manifest) -> Iterator[tuple[str, float]]:
    for score in manifest.scores:
        for end in ("value", "low", "high"):
            if (value := getattr(score, end)) is not None:
                yield f"{score.rows}_{score.metric}" + ("" if end == "value" else f"_{end}"), value
    if (verdict := manifest.verdict) is not None:
        yield "saving_per_1000_rows", verdict.saving
        yield "saving_per_1000_rows_low", verdict.low
        yield "saving_per_1000_rows_high", verdict.high


def _tags(manifest: Manifest) -> Iterator[tuple[str, str]]:
    yield "automl.content_hash", manifest.content_hash
    yield "automl.target", manifest.target.name
    yield "automl.members", ", ".join(member.learner for member in manifest.members)
    if manifest.verdict is not None and manifest.verdict.currency:
        yield "automl.currency", manifest.verdict.currency
