"""scikit-learn's estimators over `automl.fit`, for whoever lives in pipelines, searches and cross-validation.

>>> from automl.sklearn import AutoMLClassifier
>>> AutoMLClassifier(time="10s", recipe="quick")
AutoMLClassifier(recipe='quick', time='10s')
"""

from automl.sklearn.classifier import AutoMLClassifier
from automl.sklearn.regressor import AutoMLRegressor

__all__ = ["AutoMLClassifier", "AutoMLRegressor"]
