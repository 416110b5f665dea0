"""The verdict: what decisions save against the best policy without a model, with its interval."""
