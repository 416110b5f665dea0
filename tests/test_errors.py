"""Errors say what, where, what next; they cross processes and forge no lines."""

from __future__ import annotations

import pickle

import pytest

from automl import errors


def test_the_three_parts() -> None:
    """An error reads as where, what, and on the next line what to do."""
    error = errors.DataError("one class only", where="train.csv", hint="is it the right column?")
    assert str(error) == "train.csv: one class only\n  is it the right column?"


def test_exit_codes_are_distinct() -> None:
    """Each kind has its own exit code, those of the design."""
    kinds = [errors.SpecError, errors.DataError, errors.LimitRefusal, errors.VerdictRefusal]
    kinds += [errors.MachineError, errors.BundleError]
    assert [kind.exit_code for kind in kinds] == [2, 3, 4, 5, 6, 7]
    assert (errors.Stopped(2).exit_code, errors.Stopped(15).exit_code) == (130, 143)


@pytest.mark.parametrize(
    "error", [errors.LimitRefusal("slow", where="limits.size", hint="more"), errors.Stopped(15, hint="--resume")]
)
def test_errors_pickle(error: errors.AutomlError) -> None:
    """An error comes whole out of another process."""
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own bytes
    assert (type(copy), str(copy), copy.exit_code, copy.hint) == (type(error), str(error), error.exit_code, error.hint)


@pytest.mark.parametrize("evil", ["a\x1b[31mb", "a\rb", "a\x00b", "a\u202eb", "a\nautoml: all is well", "a\x85b"])
def test_control_characters(evil: str) -> None:
    """S08: escape codes, line breaks and direction marks in a value are shown, not obeyed."""
    text = str(errors.DataError(f"column {evil} is odd", where=evil))
    assert len(text.splitlines()) == 1
    assert not set(text) & set("\x1b\r\x00\u202e\x85\n")


@pytest.mark.parametrize(
    ("name", "known", "close"),
    [
        ("xgbost", ["lightgbm", "xgboost"], "xgboost"),
        ("LightGBM", ["lightgbm"], "lightgbm"),
        ("acc", ["average_precision", "accuracy"], "accuracy"),
        ("qqq", ["accuracy"], None),
    ],
)
def test_nearest(name: str, known: list[str], close: str | None) -> None:
    """The nearest name is found by letters, in any case, or by its beginning."""
    assert errors.nearest(name, known) == close


def test_no_error_echoes_megabytes() -> None:
    """V02: a value of any size may stand in an error, which shows its begin and its end; no name is near to it."""
    long = "x" * 8_000_000
    error = errors.DataError(f"no column {long!r}", where=long, hint=long)
    assert len(str(error)) < 100_000
    assert error.what.startswith("no column 'xx")
    assert errors.nearest(long, ["x"]) is None
