"""The spec: what the user wants, read from TOML into frozen models with errors that name the place."""
