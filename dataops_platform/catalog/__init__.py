"""This room tells people and other programs what the tables promise: contracts as files, and what changed in them."""
