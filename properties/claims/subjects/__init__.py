"""The claims, one module a subject."""
