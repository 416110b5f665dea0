"""Every rival keeps the contract of rivals."""

from automl.testing.rivals import *  # noqa: F403  # the tests of the suite
