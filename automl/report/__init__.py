"""Reports: what people see, rendered from values."""
