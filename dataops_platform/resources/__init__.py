"""This room holds the outside world: one file for each port and its adapters; `environments` alone chooses."""
