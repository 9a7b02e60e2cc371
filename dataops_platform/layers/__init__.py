"""This room moves any table through a layer; it knows no table by name."""
