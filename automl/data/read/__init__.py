"""Reading: raw values, files, queries and frames become columns in wire types."""
