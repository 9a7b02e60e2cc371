"""This room's tests hold how files come in."""
