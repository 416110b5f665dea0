"""MLflow keeps a fit's scores, its money and its bundle, and serves the bundle as a pyfunc model.

Takes `pip install 'automl[mlflow]'`. Nothing is sent anywhere but to the tracking store that `mlflow` was told.
"""

from automl.mlflow.log import log_bundle

__all__ = ["log_bundle"]
