"""The joint steps, one file for each kind of feature that looks at several columns, or at free text."""
