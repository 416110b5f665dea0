"""The benchmark harness: one task, recipe, budget and seed in, one record out."""
