"""Conformance of a program in any language: driven over its standard input and output, and held to the machine."""
