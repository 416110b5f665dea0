"""A declarative AutoML engine for tables that answers in money.

>>> import automl
>>> sorted(automl.__all__)
['AutomlError', 'Bundle', 'Fit', 'Progress', 'Spec', 'fit', 'higher_is_better', 'load_spec', 'lower_is_better']
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from automl.bundle.read import Bundle
    from automl.errors import AutomlError
    from automl.metrics.own import higher_is_better, lower_is_better
    from automl.pipeline.fit import fit
    from automl.pipeline.result import Fit
    from automl.report.listener import Progress
    from automl.spec import Spec
    from automl.spec import load as load_spec

__all__ = [
    "AutomlError",
    "Bundle",
    "Fit",
    "Progress",
    "Spec",
    "fit",
    "higher_is_better",
    "load_spec",
    "lower_is_better",
]

_HOMES = {
    "AutomlError": ("automl.errors", "AutomlError"),
    "Bundle": ("automl.bundle.read", "Bundle"),
    "Fit": ("automl.pipeline.result", "Fit"),
    "Progress": ("automl.report.listener", "Progress"),
    "Spec": ("automl.spec", "Spec"),
    "fit": ("automl.pipeline.fit", "fit"),
    "higher_is_better": ("automl.metrics.own", "higher_is_better"),
    "lower_is_better": ("automl.metrics.own", "lower_is_better"),
    "load_spec": ("automl.spec", "load"),
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: `import automl` alone loads nothing heavy (PEP 562)."""
    if name not in _HOMES:
        message = f"module 'automl' has no attribute '{name}'"
        raise AttributeError(message)
    module, attribute = _HOMES[name]
    return getattr(importlib.import_module(module), attribute)
