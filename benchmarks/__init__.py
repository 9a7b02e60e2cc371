"""Measured comparisons of the platform with what it replaces."""
