"""Watching a model at work: is it still the data, has the world moved, is the promised saving still there."""
