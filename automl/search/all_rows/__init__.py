"""All rows, where memory holds a sample: the chosen members learn from them by chunks, and ship where they gain."""
