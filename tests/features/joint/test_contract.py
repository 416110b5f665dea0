"""Every joint step keeps the contract of joint steps."""

from automl.testing.joints import *  # noqa: F403  # the tests of the suite
