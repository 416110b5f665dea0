"""Cost: what fits into the time, what comes after the search, and what an ensemble costs to serve."""
