"""Executors: where trials run, with a deadline and a memory limit."""
