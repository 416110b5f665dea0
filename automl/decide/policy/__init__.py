"""Policies: from a prediction to a decision, within capacities and guarantees."""
