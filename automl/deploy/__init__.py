"""Deploy: scoring of files."""
