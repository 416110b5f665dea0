"""Lists that stand as text: the sign between their items, and what only looks like a list."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
import pytest

from automl.data.infer.lists import list_sign

DISHES = ["olive oil", "salt", "black pepper", "egg", "flour", "sifted sugar", "crème", "It is"]


def baskets(items: Sequence[object], n: int = 60) -> list[list[object]]:
    """Lists of 0 to 5 of the items."""
    random = np.random.default_rng(0)
    return [[items[j] for j in random.choice(len(items), size=min(i % 6, len(items)), replace=False)] for i in range(n)]


@pytest.mark.parametrize(
    ("items", "write", "sign"),
    [
        (DISHES, json.dumps, '"'),
        (DISHES, lambda items: json.dumps(items, indent=1, ensure_ascii=False), '"'),
        (DISHES, str, "'"),
        (list(range(8)), json.dumps, "[,]"),
        (list(range(8)), lambda items: json.dumps([{"id": item} for item in items]), "[,]"),
        (["red", "green", "blue"], lambda items: "{" + ",".join(items) + "}", "[,]"),
    ],
    ids=["json", "json in lines", "python", "numbers", "records", "braces"],
)
def test_bracketed_lists(items: list[object], write: Callable[[list[object]], str], sign: str) -> None:
    """Lists as JSON, Python and databases write them, empty ones among them."""
    assert list_sign(pl.Series([write(basket) for basket in baskets(items)])) == sign


@pytest.mark.parametrize("sign", ["|", ";", ",", " "])
def test_baskets_of_ids(sign: str) -> None:
    """Whole numbers that come back, some more often than others, in lists of several lengths."""
    lists = [sign.join(str(number) for number in (i % 90, i % 7, *range(i % 3))) for i in range(200)]
    assert list_sign(pl.Series(lists)) == sign


def test_what_only_looks_like_a_list() -> None:
    """Numbers that never come back, codes that are always as long, sentences, and names of two words are none."""
    assert list_sign(pl.Series([f"[{i}.25, -{i}.5]" for i in range(50)])) == ""
    assert list_sign(pl.Series([f"555 {i % 10} {i % 9}" for i in range(90)])) == ""
    assert list_sign(pl.Series([f"well, {i} is a number, and so on" for i in range(50)])) == ""
    assert list_sign(pl.Series([f"Ann{i % 9} Lee{i % 8}" for i in range(72)])) == ""
