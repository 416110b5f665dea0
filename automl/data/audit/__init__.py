"""The audit: what is wrong with columns and parts before anything learns from them."""
