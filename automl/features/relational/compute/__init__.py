"""Computing: each table is sorted once, and ranges of its rows are aggregated for many rows at once."""
