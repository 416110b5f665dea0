"""Distillation: small models that are taught by the best ensemble, where serving is limited."""
