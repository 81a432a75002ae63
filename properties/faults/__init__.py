"""Named faults of the reference, kept as patches."""
