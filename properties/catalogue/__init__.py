"""The catalogue: what a claim is, the scopes it is decided in, and what an engine looks for on its behalf."""
