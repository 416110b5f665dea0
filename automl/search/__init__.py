"""The search: trials within a budget, the journal, the ensemble."""
