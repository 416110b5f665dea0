"""The contracts of plugins as tests, a module for each kind: `pytest --pyargs automl.testing.metrics -k MINE`."""

import pytest

from automl.registry import module_names

pytest.register_assert_rewrite(*(f"{__name__}.{name}" for name in module_names(list(__path__))))
