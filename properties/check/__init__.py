"""Checking: engines to verdicts, which jobs a check consists of, and checks for pytest."""
