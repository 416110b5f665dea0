"""A graph whose target encodings count new rows, too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from automl.errors import BundleError
from automl.graph.encodings import encoded, encodings_of, entries_of
from automl.graph.stages import Graph
from automl.retrain.refresh.lesson import Ints, Lesson
from automl.retrain.refresh.read import Part, Read


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The `graph` in which all rows are counted, and how rows are `read` by graphs that count those of other folds."""

    graph: Graph
    read: Read


def counted(graph: Graph, lesson: Lesson) -> Counted | None:
    """The new rows beside those that the encodings were made of; None where a graph tells of none.

    Raises `BundleError` for encodings of another target.

    A level of w rows and a belief of m more that stands at v, and has n new rows of sum s, is (v (w + m) + s) / (w + m
    + n) afterwards: as if all of them had been there at once, under the old mean of all and the old belief.
    """
    encodings = encodings_of(graph)
    if not encodings:
        return None
    if not all(one.means.of.fits(lesson.task.classes) for one in encodings):
        raise BundleError(
            "the graph tells of target encodings of another target", where="model.onnx", hint="Fit again."
        )
    entries = entries_of(graph, encodings, lesson.frame)
    weight = lesson.weight / lesson.weight.mean()

    def of(rows: Ints) -> Graph:
        own = zip(encodings, entries, strict=True)
        more = [one.with_rows(entry[rows], lesson.y[rows], weight[rows]) for one, entry in own]
        return Graph(encoded(graph, more))

    folds = [lesson.fold == number for number in np.unique(lesson.fold)]
    parts = tuple(Part(of(np.flatnonzero(~own)), np.flatnonzero(own)) for own in folds)
    return Counted(graph=of(lesson.all), read=Read(parts=parts, frame=lesson.frame))
