"""A spec on disk, for the tests of the spec room."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from automl.errors import SpecError
from automl.spec import Spec, load


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Spec]:
    """`load` for TOML given as text, as the file ``fraud.toml``."""

    def read(toml: str, **options: object) -> Spec:
        path = tmp_path / "fraud.toml"
        path.write_text(toml, encoding="utf-8")
        return load(path, **options)  # type: ignore[arg-type]  # passed through

    return read


@pytest.fixture
def refusal(read: Callable[..., Spec]) -> Callable[..., str]:
    """The whole message of the SpecError that TOML given as text ends with."""

    def refusal(toml: str, **options: object) -> str:
        with pytest.raises(SpecError) as caught:
            read(toml, **options)
        return str(caught.value)

    return refusal
