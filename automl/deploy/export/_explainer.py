"""explain.json of the web export: all that explains a row but the graph, for explain.js."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import asdict

from automl.bundle.explaining import words_of
from automl.bundle.read import Bundle
from automl.errors import BundleError
from automl.explain.explain import Explainer
from automl.explain.explanation import Words
from automl.explain.game import Array
from automl.graph.inner import action_costs, with_output


def explainer_document(bundle: Bundle) -> dict[str, object]:
    """The explainer of a bundle as JSON, and what its graph needs to be one.

    `costs` is the value of the graph that has the expected cost of each action, or null; `more` are the bytes behind
    the graph (in base64) that make it an output. Where nothing can be explained there is only `refused`: why.
    """
    model = bundle.files.read("model.onnx")
    costs = action_costs(model) if bundle.manifest.decisions else None
    more = b"" if costs is None else with_output(model, costs)[len(model) :]
    try:
        content = as_document(bundle.explainer, words_of({"spec": bundle.spec}))
    except BundleError as error:
        return {"refused": error.what}
    return {**content, "costs": costs, "more": b64encode(more).decode()}


def as_document(explainer: Explainer, words: Words) -> dict[str, object]:
    """What means and plays the game; null is a missing number, or that levels have no order."""
    return {
        "answers": asdict(explainer.answers),
        "players": [{"names": player.names, "columns": player.columns} for player in explainer.game.players],
        "background": {name: _cells(values) for name, values in explainer.game.background.items()},
        "grids": {
            name: {
                "cells": grid.cells,
                "values": _cells(grid.values),
                "places": None if grid.places is None else grid.places.tolist(),
            }
            for name, grid in explainer.grids.items()
        },
        "decides": explainer.decide is not None,
        "words": {"columns": dict(words.columns), "levels": {name: dict(own) for name, own in words.levels.items()}},
    }


def _cells(values: Array) -> list[object]:
    return [None if cell != cell else cell for cell in values.tolist()]  # noqa: PLR0124  # NaN is not itself
