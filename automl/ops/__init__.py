"""Typed operations over columns, each run in bulk by numpy and polars and written as ONNX by graph."""
