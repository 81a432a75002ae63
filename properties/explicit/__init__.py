"""The explicit-state engine: every reachable state and step of a scope, as columns of bit words."""
