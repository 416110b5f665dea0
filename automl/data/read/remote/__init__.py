"""Rows of object stores and of tables with versions, brought to the disk: read there as any other file is."""
