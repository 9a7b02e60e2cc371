"""This room's tests hold the shop's tables, and that another is one file."""
