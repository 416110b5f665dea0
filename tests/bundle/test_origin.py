"""A bundle goes to other processes by its place, and says where it cannot be used."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import shutil

import polars as pl
import pytest

from automl.bundle.archive import pack
from automl.bundle.files import open_files
from automl.bundle.read import Bundle
from automl.bundle.write import finish, stage, staging
from automl.errors import BundleError, MachineError


def scored(bundle: Bundle, raw: pl.DataFrame) -> list[float]:
    """The probabilities of the rows, in whatever process this runs."""
    return bundle.predict(raw)["probability"].to_list()


def told_in_a_fork(bundle: Bundle, raw: pl.DataFrame) -> str:
    """What a fork of this process says when it is to score a frame, and what it answers to a row."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            bundle.predict(raw)
            said = "scored"
        except MachineError as error:
            said = f"{error.what}; {bundle.decide(raw.row(0, named=True))}"
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_a_pickled_bundle_is_opened_again(form, bundle, raw, tmp_path):
    """It is small, holds no model and no code of ours, and answers alike."""
    path = bundle
    if form == "zip":
        path = tmp_path / "credit.zip"
        pack(open_files(bundle).names, open_files(bundle).read, path)
    model = Bundle.load(path)
    content = pickle.dumps(model)
    assert len(content) < 1_000
    assert scored(pickle.loads(content), raw) == scored(model, raw)  # noqa: S301  # our own


def test_it_is_handed_to_a_process_that_is_spawned(bundle, raw):
    """As a pool of workers has it: the child scores frames."""
    model = Bundle.load(bundle)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(scored, (model, raw)) == scored(model, raw)


def test_another_bundle_at_its_place_is_not_taken_for_it(make_contents, binary, multiclass, tmp_path):
    """Who replaced it in between changed what would be answered."""
    out = tmp_path / "a.bundle"
    for labels in (binary, multiclass):
        stage(make_contents(labels), staging(out))
        finish(staging(out), out, gates=[], verdict=None, card="")
        if labels is binary:
            content = pickle.dumps(Bundle.load(out))
    with pytest.raises(BundleError, match="not the bundle that was pickled"):
        pickle.loads(content)  # noqa: S301  # our own
    shutil.rmtree(out)
    with pytest.raises(BundleError):
        pickle.loads(content)  # noqa: S301  # our own


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_fork_is_told_and_does_not_wait_for_ever(bundle, raw):
    """Frames are refused with words, as the threads of polars stayed behind; single rows are answered."""
    said = told_in_a_fork(Bundle.load(bundle), raw)
    assert "a fork of the one that opened the bundle" in said
    assert "probability" in said
