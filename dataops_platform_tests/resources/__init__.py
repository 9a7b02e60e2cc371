"""This room's tests hold the adapters to the outside world."""
