"""Traces: the runs that every engine finds, replayed, written and read."""
