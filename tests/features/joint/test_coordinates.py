"""Places: axes turned by hand, distances to centres, and what is no place."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from automl.features.base import Ask, Survey
from automl.features.joint.coordinates import ANGLES, CENTRES, coordinates
from automl.task import Task

LAT, LON = np.array([60.0, 60.0, 60.4, 59.6]), np.array([10.0, 10.8, 10.4, 10.4])  # middle (60, 10.4): cosine a half


@pytest.fixture
def pair(make_column):
    return [make_column("lat", sense="latitude", pair="lon"), make_column("lon", sense="longitude", pair="lat")]


def fitted(pair, sample):
    return {one.feature.name.removeprefix("lat and lon"): one for one in coordinates.fit(pair, sample)}


def test_a_latitude_is_asked_with_its_longitude(make_column, pair):
    """Each pair once, latitude first; a latitude whose other half is no feature is left alone."""
    columns = (*pair, make_column("north", sense="latitude", pair="gone"), make_column("x"))
    survey = Survey(columns=columns, frame=pl.DataFrame(), task=Task(kind="regression"), weight={}, together={})
    assert coordinates.propose(survey) == (Ask(step="coordinates", columns=("lat", "lon")),)


def test_axes_are_turned_around_the_middle(pair, make_sample, values_on):
    """By hand: at 60 degrees north a degree east is half as long; turned by 30 degrees, with the cosine and sine."""
    frame = pl.DataFrame({"lat": LAT, "lon": LON})
    found = fitted(pair, make_sample(frame))
    north, east = LAT - 60.0, (LON - 10.4) / 2
    turned = values_on(found[" turned by 30"], frame)
    assert turned == pytest.approx(np.sqrt(0.75) * north + 0.5 * east, abs=1e-12)
    for angle in ANGLES:
        along, across = (values_on(found[f" turned by {angle + side}"], frame) for side in (0, 90))
        np.testing.assert_allclose(along**2 + across**2, north**2 + east**2, atol=1e-12)


def test_each_distinct_place_is_a_centre_where_they_are_few(pair, make_sample, values_on):
    """Four places, four centres: each is at 0 from its own, and as far from the others as Pythagoras says."""
    frame = pl.DataFrame({"lat": np.repeat(LAT, 5), "lon": np.repeat(LON, 5)})
    found = fitted(pair, make_sample(frame))
    near = [one for name, one in found.items() if "distance" in name]
    table = np.sort(np.column_stack([values_on(one, frame[::5]) for one in near]), axis=1)
    close = np.hypot(0.4, 0.2)
    expected = [[0.0, close, close, 0.4]] * 2 + [[0.0, close, close, 0.8]] * 2
    np.testing.assert_allclose(table, np.sort(expected, axis=1), atol=1e-9)


def test_many_places_have_so_many_centres_drawn_by_the_seed(pair, make_sample, values_on):
    """Eight centres at most; the same seed finds the same ones."""
    draw = np.random.default_rng(0)
    frame = pl.DataFrame({"lat": draw.normal(50, 1, 500), "lon": draw.normal(10, 1, 500)})
    one, again, other = (fitted(pair, make_sample(frame, seed=seed)) for seed in (1, 1, 2))
    near = [name for name in one if "distance" in name]
    assert len(near) == CENTRES
    for name in near:
        np.testing.assert_array_equal(values_on(one[name], frame), values_on(again[name], frame))
        assert (values_on(one[name], frame) != values_on(other[name], frame)).any()


def test_what_is_no_place_moves_no_centre(pair, make_sample, values_on):
    """A sentinel and a gap are left out when fitting; when scoring a gap is missing."""
    frame = pl.DataFrame({"lat": LAT, "lon": LON})
    odd = pl.DataFrame({"lat": [*LAT, 9999.0, np.nan, 50.0], "lon": [*LON, 9999.0, 10.0, np.nan]})
    found, clean = fitted(pair, make_sample(odd)), fitted(pair, make_sample(frame))
    assert list(found) == list(clean)
    for name, one in found.items():
        np.testing.assert_array_equal(values_on(one, frame), values_on(clean[name], frame))
    gap = pl.DataFrame({"lat": [np.nan], "lon": [10.0]})
    assert all(np.isnan(values_on(one, gap)).all() for one in found.values())


def test_no_place_at_all_gives_nothing(pair, make_sample):
    """Only gaps, or only sentinels: no middle, no features."""
    frame = pl.DataFrame({"lat": [np.nan, 1e9], "lon": [1.0, 2.0]})
    assert coordinates.fit(pair, make_sample(frame)) == ()
