"""What MLflow copies beside a bundle, and runs to open it: a model from code, so that nothing is pickled."""

from __future__ import annotations

from typing import Any

from mlflow.models import set_model
from mlflow.pyfunc import PythonModel, PythonModelContext

from automl.bundle.frames import Frame
from automl.bundle.read import Bundle


class BundleModel(PythonModel):  # type: ignore[misc]  # MLflow has no types
    """Answers raw rows as `Bundle.predict` does."""

    def load_context(self, context: PythonModelContext) -> None:
        """Open the bundle, checked as ever."""
        self.bundle = Bundle.load(context.artifacts["bundle"])

    def predict(
        self,
        context: PythonModelContext,  # noqa: ARG002  # of MLflow's signature
        model_input: Frame,
        params: dict[str, Any] | None = None,  # noqa: ARG002  # likewise
    ) -> Frame:
        """The bundle's columns, rows in the same order."""
        return self.bundle.predict(model_input)


set_model(BundleModel())
