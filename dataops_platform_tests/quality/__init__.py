"""This room's tests hold what contracts judge."""
