"""Invariants that nobody wrote down: candidates of a few forms, those that searches and proofs leave, what they do."""
