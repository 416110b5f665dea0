"""Why a row was decided as it was: what each column gives to its score and its money, and what would change it."""
