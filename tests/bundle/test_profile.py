"""profile.json has what explanations and watching read, and no person."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from automl.bundle.files import open_files
from automl.bundle.profile import Profile, profile, read_profile
from automl.data.read.frames import read_frame
from automl.data.rows import Rows
from automl.errors import BundleError


@pytest.fixture(scope="module")
def rows(raw, columns):
    """The rows behind the bundle of the fixtures."""
    frame = read_frame({"columns": [dict(column.reader) for column in columns]}, raw)
    return Rows(frame=frame, raw=raw, y=np.zeros(raw.height))


def test_the_profile_shows_no_person(rows, columns):
    """Bins and levels that five rows have, missing shares; of free text single words that five rows have."""
    found = profile(rows, columns, seed=1)
    assert found.rows == rows.n
    assert set(found.columns["job"].levels) == {"clerk", "farmer"}
    assert found.columns["age"].missing == np.isnan(rows.frame["age"].to_numpy()).mean()
    assert min(found.columns["income"].bins.shares) * rows.n >= 5
    assert found.columns["note"].words["0.5"] == 3.0
    text = json.dumps(found.shown(), allow_nan=False, ensure_ascii=False)
    assert "rare one" not in text
    assert "Müller" not in text
    assert not set(rows.frame["income"].to_list()) & set(found.background["income"])


def test_a_profile_is_read_as_it_was_written(bundle, rows, columns):
    """The file of a bundle gives the profile back, missing cells and all."""
    assert read_profile(open_files(bundle)) == profile(rows, columns, seed=1)


def test_places_and_predictions_are_summed_up(rows, columns):
    """A latitude stands with its longitude, and each column of the prediction has its bins."""
    north = replace(columns[0], sense="latitude", pair="income")
    found = profile(rows, (north, *columns[1:]), seed=1, prediction=np.tile(np.arange(rows.n) / rows.n, (2, 1)).T)
    assert found.pairs == (("age", "income"),)
    assert len(found.scores) == 2
    assert sum(found.scores[0].shares) == pytest.approx(1.0)


def test_profiles_of_older_bundles_are_read():
    """Protocols 1 and 2: quantiles and levels, no bins, no background."""
    old = {"rows": 3, "columns": {"a": {"wire": "number", "missing": 0.0, "quantiles": {"0.5": None}}}}
    found = Profile.model_validate(old)
    assert (found.background, found.columns["a"].bins) == ({}, None)


def test_what_is_no_profile_is_refused(bundle, monkeypatch):
    """A file whose hash is right and whose content is not a profile is the bundle's fault."""
    files = open_files(bundle)
    monkeypatch.setattr(type(files), "read", lambda *_: b'{"rows": "many"}')
    with pytest.raises(BundleError, match="the profile cannot be read"):
        read_profile(files)
