"""This room judges: contract → Spark columns → verdict, in one scan."""
