"""Data: the reader, schema and roles, labels, splits and the audit."""
