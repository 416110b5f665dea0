"""The search over features of other tables: proposed, tried out of fold on a sample, kept where they beat one table."""
