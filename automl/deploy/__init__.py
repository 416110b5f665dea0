"""Deploy: scoring of files, serving over HTTP."""
