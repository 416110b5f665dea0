"""The ensemble: who ships together, and what a faster or smaller one would lose."""
