"""This room's tests hold that an exported contract is by the standard, and that every change of one is told."""
