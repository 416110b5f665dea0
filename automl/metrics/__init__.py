"""Metrics by the field's usual names."""
