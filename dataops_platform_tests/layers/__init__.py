"""This room's tests hold how a table passes its layers."""
