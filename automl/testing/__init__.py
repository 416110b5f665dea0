"""Testing: the contracts of plugins as pytest suites, a module for each kind.

`pytest --pyargs automl.testing.metrics -k MINE` runs one; `automl[testing]` brings what it needs.
"""
