"""This room holds the tests that run whole parts of the platform against real servers and real files."""
