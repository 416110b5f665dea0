"""Money: whether the promised saving is still there."""
