"""Other tables: how they hang on the main one, and what is wrong with their keys and times."""
