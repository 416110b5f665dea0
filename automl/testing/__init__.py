"""The contracts of plugins as tests, a module for each kind: `pytest --pyargs automl.testing.metrics -k MINE`."""
