"""Every search engine keeps the contract of engines."""

from automl.testing.engines import *  # noqa: F403  # the tests of the suite
