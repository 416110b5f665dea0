"""New rows as the champion reads them, with what its costs and its policy need of them."""

from __future__ import annotations

import io

import numpy as np
import polars as pl

from automl.bundle.kept import entries_of, kept_rows
from automl.bundle.read import Bundle
from automl.data.labels import encode
from automl.data.read.frames import read_frame, side_by_side
from automl.data.read.source import frame_digest
from automl.data.rows import Column, Prepared, Rows, Schema
from automl.data.usable import row_weights
from automl.decide.costs.cost_matrix import EXPECTED
from automl.monitor.rows import groups_of, scored
from automl.names import inside
from automl.pipeline.behind import inner_values
from automl.spec import Spec


def champion_rows(
    champion: Bundle, spec: Spec, learn: pl.DataFrame, judged: pl.DataFrame, between: pl.DataFrame | None = None
) -> Prepared:
    """Raw labelled rows in the champion's wire types: those to learn from as train, those to judge on as test."""
    kept = kept_rows(champion).data
    entries = entries_of(champion.manifest)
    outcomes = champion.manifest.data.get("outcomes", ())
    columns = tuple(
        Column(
            name=entry["name"],
            wire=entry["wire"],
            role="outcome" if entry["name"] in outcomes else "excluded",
            reason="kept for costs",
            is_feature=False,
            reader=entry,
        )
        for entry in entries
    )
    return Prepared(
        schema=Schema(columns=columns),
        labels=kept.labels,
        train=new_rows(champion, spec, learn),
        test=new_rows(champion, spec, judged),
        between=None if between is None else new_rows(champion, spec, between),
        findings=(),
        split="",
        digests={"frame:learn": frame_digest(learn), "frame:judged": frame_digest(judged)},
    )


def new_rows(champion: Bundle, spec: Spec, raw: pl.DataFrame) -> Rows:
    """Raw labelled rows in the champion's wire types."""
    rows, _ = scored(champion, raw, spec.data)
    labels = champion.manifest.target.labels()
    known = set(rows.wire.columns)
    beside = [entry for entry in entries_of(champion.manifest) if entry["name"] not in known]
    frame = rows.wire
    if beside:
        frame = side_by_side(
            frame, read_frame({"columns": [{**entry, "optional": True} for entry in beside]}, rows.raw)
        )
    frame = side_by_side(frame, inner_values(champion, _expected(champion), frame))
    return Rows(
        frame=frame,
        raw=rows.raw,
        y=encode(labels, rows.raw[inside(labels.name)]).astype(np.float64),
        weight=None if spec.data.weight is None else row_weights(rows.raw, spec.data.weight, "new"),
        time=rows.time,
        group=groups_of(champion.manifest, rows),
    )


def _expected(champion: Bundle) -> list[str]:
    """The inner values of the graph: what it expects of amounts that are known only afterwards."""
    schema = pl.read_parquet_schema(io.BytesIO(champion.files.read("evidence.parquet")))
    return [name for name in schema if name.startswith(EXPECTED)]
