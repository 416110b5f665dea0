"""What would answer strangers by accident is refused before anything listens."""

from __future__ import annotations

import pytest

from automl.deploy.serve.settings import TOKEN, Settings, check, is_loopback, table_files
from automl.errors import DataError, SpecError


def test_loopback_by_default():
    """V05: without a word the server answers this machine only."""
    assert is_loopback(Settings().host)
    check(Settings(), {}, open_to_all=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "scorer.example"])  # noqa: S104  # that it is refused
def test_others_need_a_token(host):
    """V05: an address that others reach needs a token, or the word that anyone may ask."""
    with pytest.raises(SpecError, match=TOKEN):
        check(Settings(host=host), {}, open_to_all=False)
    check(Settings(host=host), {TOKEN: "s3cret"}, open_to_all=False)
    check(Settings(host=host), {}, open_to_all=True)


@pytest.mark.parametrize("token", ["", "a b", "a\nb", "é"])
def test_a_token_that_no_header_carries(token):
    """V05: an empty token is no token at all, and is refused."""
    with pytest.raises(SpecError, match=TOKEN):
        check(Settings(), {TOKEN: token}, open_to_all=True)


def test_a_worker_is_told_the_same():
    """Settings cross to a worker unchanged."""
    settings = Settings(hosts=("a", "b"), tables={"t": "/t.csv"}, per_client=3)
    assert Settings.from_json(settings.to_json()) == settings


def test_the_files_of_tables(tmp_path):
    """A folder gives tables by the names of its files; a pair overrules it; two of a name are refused."""
    for name in ("a.parquet", "b.csv", "readme.md"):
        (tmp_path / name).touch()
    found = table_files((f"b={tmp_path}/other.csv",), tmp_path)
    assert found == {"a": str(tmp_path / "a.parquet"), "b": str(tmp_path / "other.csv")}
    (tmp_path / "a.csv").touch()
    with pytest.raises(DataError, match="'a'"):
        table_files((), tmp_path)
    with pytest.raises(DataError, match="no such folder"):
        table_files((), tmp_path / "nix")
