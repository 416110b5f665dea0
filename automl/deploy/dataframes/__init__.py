"""A bundle in other engines: functions from Arrow to Arrow that each of them calls in its own processes."""
