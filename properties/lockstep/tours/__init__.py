"""Tours: every transition of a scope, or one of each class, taken by an implementation."""
