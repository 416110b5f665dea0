"""The registry of models: which bundles a name has had, which one answers now, and who moved it there, when and why."""
