"""The set language: sorts, sets of processors, machines recorded once, and their readings."""
