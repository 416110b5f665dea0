"""Every executor keeps the contract of executors."""

from automl.testing.executors import *  # noqa: F403  # the tests of the suite
