"""The C of the compiled search, and how it is compiled, kept and loaded."""
