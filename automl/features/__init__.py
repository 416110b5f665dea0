"""Features: frozen steps, one file for each kind, fitted out of fold."""
