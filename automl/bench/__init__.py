"""The benchmark harness: recipes and rivals on suites of tasks, each cell a record, judged as the field does."""
