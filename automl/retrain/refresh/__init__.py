"""A refresh: the same graph with new numbers in it, learned from new rows and drawn towards the old ones."""
