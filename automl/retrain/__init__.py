"""Retraining: challengers from new labelled rows, the cheapest first, judged against the champion in money."""
