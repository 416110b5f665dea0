"""Drift that matters: columns that surely moved by more than a little, ranked by what that costs."""
