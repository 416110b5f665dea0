"""What the data says before any model: its columns, what they tell of the target, and money without a model."""
