"""Learners: one file for each, named as in the spec."""
