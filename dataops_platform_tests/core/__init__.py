"""This room's tests hold the vocabulary."""
