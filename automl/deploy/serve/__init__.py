"""Serve: a bundle behind HTTP; a small parent keeps workers alive, each answers on its own."""
