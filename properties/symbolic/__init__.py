"""The symbolic engines: induction for any number, bounded runs, and a second solver."""
