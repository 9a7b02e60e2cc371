"""This room remembers: verdicts and metrics of every partition."""
