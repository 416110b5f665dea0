"""A declarative AutoML engine for tables that answers in money."""
