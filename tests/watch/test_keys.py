"""A key is spelt in one way, whatever wrote it."""

from __future__ import annotations

import polars as pl

from automl.watch.keys import digests, hashed, key_text, key_texts


def test_files_and_requests_spell_alike() -> None:
    """Numbers, floats of a frame with gaps, and texts are the same key; a part that is missing makes none."""
    frames = [pl.DataFrame({"id": cells}) for cells in ([17, None], [17.0, None], ["17", None], [" 17 ", ""])]
    assert [key_texts(frame, ["id"]) for frame in frames] == [["17", None]] * 4
    two = pl.DataFrame({"a": [1, 2], "b": ["x", None]})
    assert key_texts(two, ["a", "b"]) == ['["1","x"]', None] == [key_text([1.0, "x"]), key_text(["2", ""])]
    assert key_texts(two, ["a", "other"]) == key_texts(two, []) == [None, None]


def test_long_keys_are_short() -> None:
    """A database indexes no documents: a key of a megabyte is spelt by its digest, and is still a key of its own."""
    long, other = key_text(["a" * 2**20]), key_text(["a" * 2**20 + "b"])
    assert len(long) == 71
    assert long != other
    assert key_text(["a" * 1_000]) == "a" * 1_000


def test_hashes_need_the_salt() -> None:
    """The same key under two salts is two."""
    one, other = (hashed(["17", None], salt) for salt in (b"a", b"b"))
    assert one == hashed(["17", None], b"a")
    assert one[1] is None
    assert one[0] != other[0]


def test_digests_are_sorted_and_tell_keys_apart() -> None:
    """Of 10,000 keys no two have the same 64 bits."""
    found = digests([str(number) for number in range(10_000)])
    assert (found[1:] > found[:-1]).all()
