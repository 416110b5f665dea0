"""Scoring that any number of machines share: a manifest of chunks in a folder that all of them see."""
