"""This room holds what the `dataops` commands do and print."""
