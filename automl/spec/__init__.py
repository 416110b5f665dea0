"""The spec: what the user wants, read from TOML into frozen models with errors that name the place."""

from automl.spec.model import Spec
from automl.spec.reading import load, parse

__all__ = ["Spec", "load", "parse"]
