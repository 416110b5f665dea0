"""A model of several tables is looked at with tables at hand; what these have changed since is told."""

from __future__ import annotations

import polars as pl
import pytest

from automl.bundle.read import Bundle
from automl.errors import DataError, SpecError
from automl.watch.look import look
from automl.watch.predictions import Writer, batch_of_frames, batch_of_rows, model_of
from automl.watch.settings import change_settings
from automl.watch.watcher import look_at

AT = 10**15
ROWS = pl.DataFrame({"customer": [f"k{n}" for n in range(600)], "age": [float(n % 50) for n in range(600)]})
PURCHASES = pl.DataFrame(
    {"customer": [f"k{n % 600}" for n in range(1_200)], "amount": [float(n) for n in range(1_200)]}
)


@pytest.fixture(scope="module")
def shop(make_shop, tmp_path_factory):
    """A bundle whose rows have the customer as their key, by which purchases are found as well."""
    return make_shop(tmp_path_factory.mktemp("shop") / "shop.bundle", keys=("customer",))


def answered(store, shop, *, by_row=False):
    """The store with answers of the model, from a file of rows or from requests."""
    model = Bundle.load(shop, tables={"purchases": PURCHASES})
    writer, times = Writer(store, model_of(model)), [AT + n for n in range(ROWS.height)]
    if by_row:
        rows = ROWS.to_dicts()
        return writer.write("one", batch_of_rows(writer.columns, writer.keys, rows, model.decide_all(rows), times))
    return writer.write(
        "one", batch_of_frames(writer.columns, writer.keys, ROWS, model.score(ROWS, typed=False), times)
    )


@pytest.mark.parametrize("by_row", [False, True])
def test_the_same_tables(lite, shop, by_row) -> None:
    """With the tables that answered, each row has its features again, and nothing is told of them."""
    answered(lite, shop, by_row=by_row)
    found = look(lite, Bundle.load(shop, tables={"purchases": PURCHASES}), at=AT + 1_000)
    assert found.looks[0]["rows"] == 600
    assert not [note for note in found.notes if "otherwise" in note]


def test_tables_that_changed(lite, shop) -> None:
    """Rows that would be answered otherwise now are counted; money stands on what was answered."""
    answered(lite, shop)
    some = pl.when(pl.col("customer").is_in(["k1", "k2"])).then(pl.col("amount") + 5).otherwise(pl.col("amount"))
    found = look(lite, Bundle.load(shop, tables={"purchases": PURCHASES.with_columns(amount=some)}), at=AT + 1_000)
    assert [note for note in found.notes if note.startswith("2 of 600 rows would be answered otherwise")]


@pytest.mark.parametrize("form", ["csv", "parquet", "ndjson", "arrow"])
def test_tables_of_files(lite, shop, in_each_format, tmp_path, form) -> None:
    """They may lie in any file; without them the look says which it lacks, and how to give it."""
    answered(lite, shop)
    with pytest.raises(DataError, match="also reads the table 'purchases'") as error:
        look_at(lite.where, shop)
    assert "--table purchases=FILE" in str(error.value)
    found = look_at(lite.where, shop, tables={"purchases": in_each_format(PURCHASES, tmp_path)[form]})
    assert found.looks[0]["rows"] == 600
    assert not [note for note in found.notes if "otherwise" in note]


def test_hashed_keys_find_no_rows(lite, shop) -> None:
    """Keys that are hashed stand nowhere as they were, so no look can find rows by them: that is said, not computed."""
    change_settings(lite, hash_keys=True)
    answered(lite, shop)
    with lite.reading() as connection:
        assert b"k17" not in connection.exec_driver_sql("select content from watch_batches").scalar()
    with pytest.raises(SpecError, match="finds rows of other tables by 'customer'"):
        look(lite, Bundle.load(shop, tables={"purchases": PURCHASES}), at=AT + 1_000)
