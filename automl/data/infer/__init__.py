"""Inference: what a column is, as its values and its name tell."""
