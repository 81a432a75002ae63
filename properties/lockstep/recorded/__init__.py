"""Recorded runs, followed by the machine."""
