"""Every metric keeps the contract of metrics."""

from automl.testing.metrics import *  # noqa: F403  # the tests of the suite
