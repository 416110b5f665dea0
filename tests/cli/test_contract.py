"""Every command keeps the contract of commands."""

from automl.testing.commands import *  # noqa: F403  # the tests of the suite
