"""What NannyML estimates of the months that `monitor_months.py` lays down in a folder; run by a Python that has it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import nannyml
import pandas as pd


def main(place: Path) -> None:
    """Fit on the rows of month -1, estimate each later month, and write the means as said.json."""
    asked = json.loads((place / "asked.json").read_text())
    rows = pd.read_parquet(place / "rows.parquet")
    past = rows[rows["_month"] < 0].reset_index(drop=True)
    estimator = _estimator(asked, len(past) // 5)
    estimator.fit(past)
    months = range(int(rows["_month"].max()) + 1)
    said = [_mean(estimator, rows[rows["_month"] == month].reset_index(drop=True), asked) for month in months]
    (place / "said.json").write_text(json.dumps(said))


def _estimator(asked: dict[str, Any], size: int) -> Any:
    if asked["cells"]:
        return nannyml.CBPE(
            y_pred_proba="_p",
            y_pred="_decision",
            y_true="_y",
            metrics=["business_value"],
            problem_type="classification_binary",
            business_value_matrix=asked["cells"],
            normalize_business_value="per_prediction",
            chunk_size=size,
        )
    names = asked["features"]
    return nannyml.DLE(feature_column_names=names, y_pred="_p", y_true="_y", metrics=["mse"], chunk_size=size)


def _mean(estimator: Any, rows: pd.DataFrame, asked: dict[str, Any]) -> float:
    """The mean over the chunks of a month, by their rows."""
    found = estimator.estimate(rows).to_df(multilevel=False)
    name = "business_value_value" if asked["cells"] else "estimated_mse"
    name = name if name in found.columns else next(c for c in found.columns if c.endswith("value"))
    sizes = found["chunk_end_index"] - found["chunk_start_index"] + 1
    return float((found[name] * sizes).sum() / sizes.sum())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
