"""The pipeline: the story of a fit, from a spec to a bundle or a refusal, and its stages."""
