"""Relational features: proposed once, kept as plain data, computed by polars and numpy wherever rows are scored."""
