"""The schedule: whose turn is next on how many rows and folds, and how long it will take."""
