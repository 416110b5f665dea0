"""Proposing: what relational features could be of use, from Featuretools and beyond it."""
