"""Calibration: probabilities that mean what they say, so that money can be counted on them."""
