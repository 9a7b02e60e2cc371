"""The conformance suite: whatever engine computes them, the tables are the same, row for row and type for type."""
