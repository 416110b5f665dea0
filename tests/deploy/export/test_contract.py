"""Every exporter keeps the contract of exporters."""

from automl.testing.exporters import *  # noqa: F403  # the tests of the suite
