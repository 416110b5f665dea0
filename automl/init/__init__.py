"""From files to a commented spec: what the data tell, what only people know, and why each line is there."""
