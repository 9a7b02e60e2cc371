"""This room lets data in: how a landed object becomes a raw object, exactly once, and how raw bytes become rows."""
