"""Forms in which a bundle runs elsewhere: one exporter is one file, found by folder."""
