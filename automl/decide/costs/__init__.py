"""Costs: what each decision costs for each truth, for all rows or row by row."""
