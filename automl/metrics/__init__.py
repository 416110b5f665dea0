"""Metrics by the field's names: plain numpy, equal to scikit-learn's, whose import costs the search seconds."""

from automl.metrics.base import Metric, default, get, loss, score, why_undefined

__all__ = ["Metric", "default", "get", "loss", "score", "why_undefined"]
