"""Every step keeps the contract of feature steps."""

from automl.testing.steps import *  # noqa: F403  # the tests of the suite
