"""What both estimators share: pickles, clones, metadata, kinds of frames, and the tools of scikit-learn around them."""

from __future__ import annotations

import copy
import gc
import pickle

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
import sklearn
from scipy import sparse
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from automl.errors import DataError
from automl.sklearn import AutoMLClassifier, AutoMLRegressor
from automl.sklearn import base as home
from tests.sklearn.conftest import CHEAP, rows


def test_a_pickle_holds_the_bundle(classifier, frame):
    """The bytes of the bundle travel: equal answers, board and verdict, in a folder of the copy's own."""
    content = pickle.dumps(classifier)
    again = pickle.loads(content)  # noqa: S301  # our own
    assert (again.predict_proba(frame) == classifier.predict_proba(frame)).all()
    assert again.bundle_.manifest.content_hash == classifier.bundle_.manifest.content_hash
    assert again.bundle_.path != classifier.bundle_.path
    assert again.verdict_ == classifier.verdict_
    assert [trial.id for trial in again.board_.trials] == [trial.id for trial in classifier.board_.trials]
    assert pickle.dumps(again) == content
    assert copy.deepcopy(classifier).decide(frame).equals(classifier.decide(frame))


def test_a_pickle_of_what_is_not_fitted_has_no_bundle():
    """And stays unfitted."""
    again = pickle.loads(pickle.dumps(AutoMLRegressor(time=5)))  # noqa: S301  # our own
    assert again.get_params() == AutoMLRegressor(time=5).get_params()
    with pytest.raises(NotFittedError):
        again.predict(np.zeros((3, 2)))


def test_the_folder_goes_with_the_bundle(frame):
    """What a fit leaves in the temporary folder is gone when nobody holds the bundle; no run folder stays."""
    model = AutoMLRegressor(**CHEAP).fit(frame.drop("amount"), frame["amount"])
    folder = model.bundle_.path.parent
    assert [path.name for path in folder.iterdir()] == ["model.bundle"]
    del model
    gc.collect()
    assert not folder.exists()


def test_a_clone_knows_the_parameters_alone(classifier):
    """Costs and spec are copied, the bundle is not."""
    again = clone(classifier)
    assert again.get_params() == classifier.get_params()
    assert not hasattr(again, "bundle_")


def test_any_kind_of_table(classifier, frame):
    """Polars, pandas and arrow answer alike, and `decide` gives the kind of X, of pandas with its index."""
    wanted = classifier.decide(frame)
    pandas = frame.to_pandas().set_index(np.arange(len(frame)) + 7)
    assert wanted.equals(pl.from_arrow(classifier.decide(frame.to_arrow())))
    assert isinstance(classifier.decide(frame.to_arrow()), pa.Table)
    decided = classifier.decide(pandas)
    assert decided.index.equals(pandas.index)
    assert decided["decision"].tolist() == wanted["decision"].to_list()
    assert classifier.feature_names_in_.tolist() == frame.columns
    with pytest.raises(ValueError, match="feature names"):
        classifier.predict(frame.rename({"age": "years"}))


def test_set_output_names_the_kind(classifier, frame):
    """The estimator's own word first, then scikit-learn's configuration; a clone keeps it."""
    model = copy.copy(classifier)
    with sklearn.config_context(transform_output="pandas"):
        assert type(model.decide(frame)).__module__.startswith("pandas")
        assert isinstance(model.set_output(transform="polars").decide(frame.to_pandas()), pl.DataFrame)
    assert isinstance(model.set_output(transform="default").decide(frame), pl.DataFrame)
    assert clone(model)._sklearn_output_config == {"transform": "default"}


def test_arrays_dense_sparse_and_mixed(labels):
    """An array's columns are x0, x1, ...; a sparse one answers as the dense one; texts and None may stand in one."""
    x = np.random.default_rng(0).normal(size=(len(labels), 3)).round(1) * (np.arange(3) > 0)
    x[:, 0] = (labels == "paid") ^ (np.arange(len(labels)) % 8 == 0)  # a column that says all would be left out
    dense, thin = (AutoMLClassifier(**CHEAP).fit(given, labels) for given in (x, sparse.csr_array(x)))
    assert (dense.predict_proba(x) == thin.predict_proba(sparse.coo_array(x))).all()
    assert not hasattr(dense, "feature_names_in_")
    mixed = x.astype(object)
    mixed[:, 1] = np.where(x[:, 1] > 0, "up", None)
    assert AutoMLClassifier(**CHEAP).fit(mixed, labels).score(mixed, labels) > 0.8


def test_weights_and_groups_are_no_features(frame, labels):
    """They are told to the engine under free names, are needed by no prediction, and change what is learned."""
    x = frame.rename({"age": "group", "town": "weight"})
    model = AutoMLClassifier(**CHEAP).fit(x, labels, np.arange(len(labels)) % 3, groups=np.arange(len(labels)) // 4)
    told = model.bundle_.manifest.spec["data"]
    assert told["weight"] == "weight 2"
    assert told["group"] == "group 2"
    assert set(model.bundle_.needed) <= set(x.columns)
    assert model.predict(x).shape == labels.shape


def test_metadata_is_routed(frame, labels):
    """Where scikit-learn routes metadata, a cross-validation hands each fold its weights, groups and costs."""
    given = {
        "sample_weight": np.ones(len(labels)),
        "groups": np.arange(len(labels)) // 4,
        "row_costs": frame.select(due="amount"),
    }
    heard: list[dict[str, int]] = []

    class Listening(AutoMLClassifier):
        def fit(self, X, y, sample_weight=None, *, groups=None, row_costs=None):  # noqa: N803  # scikit-learn's name
            heard.append({"sample_weight": len(sample_weight), "groups": len(groups), "row_costs": len(row_costs)})
            return super().fit(X, y, sample_weight, groups=groups, row_costs=row_costs)

    with sklearn.config_context(enable_metadata_routing=True):
        model = Listening(costs={"false_positive": 30, "false_negative": "due"}, **CHEAP)
        model.set_fit_request(sample_weight=True, groups=True, row_costs=True).set_score_request(sample_weight=True)
        found = cross_val_score(model, frame.drop("amount"), labels, params=given, cv=GroupKFold(2))
    assert found.mean() > 0.6
    assert heard == [dict.fromkeys(given, len(labels) // 2)] * 2


def test_rows_that_are_wrong_are_told_in_the_engines_words(classifier, frame):
    """A `DataError` that is a ValueError; too few rows and a wrong number of columns are scikit-learn's own."""
    with pytest.raises(DataError, match="cannot be read") as caught:
        classifier.predict(frame.with_columns(age=pl.lit("old")))
    assert isinstance(caught.value, ValueError)
    with pytest.raises(ValueError, match="minimum of 2"):
        AutoMLClassifier(**CHEAP).fit(frame[:1], ["a"])
    with pytest.raises(ValueError, match="inconsistent numbers"):
        AutoMLClassifier(**CHEAP).fit(frame, ["a", "b"])
    assert issubclass(home.WrongSpec, ValueError)


def test_a_pipeline_of_columns(frame, labels):
    """Behind a ColumnTransformer, in a Pipeline whose output is pandas: names arrive, and the bundle is theirs."""
    encode = ColumnTransformer([("town", OneHotEncoder(sparse_output=False), ["town"])], remainder="passthrough")
    model = make_pipeline(encode, AutoMLClassifier(**CHEAP)).set_output(transform="pandas")
    model.fit(frame.to_pandas(), labels)
    assert "town__town_Bath" in model[-1].feature_names_in_
    assert model.score(frame.to_pandas(), labels) > 0.7


@pytest.mark.slow
def test_a_search_over_recipes(frame):
    """GridSearchCV tries recipes, by name or by their keys, beside times, as any other parameter."""
    grid = [{"recipe": ["interpretable"], "time": [20]}, {"recipe": [CHEAP["recipe"]], "time": ["30s"]}]
    spec = CHEAP["spec"] | {"recipe": {"folds": 2}}
    search = GridSearchCV(AutoMLRegressor(spec=spec, n_jobs=1), grid, cv=2, error_score="raise")
    search.fit(frame.drop("amount"), frame["size"].fill_nan(0) * 3)
    assert len(search.cv_results_["params"]) == 2
    assert search.best_estimator_.bundle_.spec["recipe"]["name"] in {"interpretable", "quick"}


def test_calibration_and_inspection(classifier, frame, labels):
    """CalibratedClassifierCV, permutation_importance and partial_dependence take it for one of their own."""
    calibrated = CalibratedClassifierCV(AutoMLClassifier(**CHEAP), cv=2, ensemble=False).fit(frame.to_pandas(), labels)
    assert calibrated.predict_proba(frame.to_pandas()).shape == (len(labels), 2)
    known = frame.with_columns(pl.col("size").fill_nan(0.0)).to_pandas()  # a grid has no place for a gap
    found = permutation_importance(classifier, known, labels, n_repeats=2, random_state=0)
    assert frame.columns[int(found.importances_mean.argmax())] == "size"
    curve = partial_dependence(classifier, known, ["size"], grid_resolution=5, kind="average")
    assert np.diff(curve["average"][0]).min() > 0


def test_a_row_is_explained(classifier, frame):
    """By the bundle, in the names of X."""
    told = classifier.explain(frame[:1], seconds=1.0)
    assert len(told.each) == 1


def test_the_listener_hears(frame):
    """Each event of the run."""
    stages = []
    AutoMLRegressor(listener=lambda event: stages.append(event.stage), **CHEAP).fit(frame.drop("amount"), frame["age"])
    assert stages[0] == "read"
    assert stages[-1] == "done"


def test_a_frame_of_a_transformer_is_read(frame, labels):
    """What a step of a pipeline makes of rows that the fit has not seen: the same columns, other rows."""
    model = make_pipeline(FunctionTransformer(), AutoMLClassifier(**CHEAP)).fit(frame, labels)
    assert model.predict(rows(20, seed=1).drop("seen")).shape == (20,)
