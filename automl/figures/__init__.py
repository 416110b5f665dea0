"""Figures as inline SVG with their numbers beside them: what every page draws with."""
