"""What a search refuses. Apart from the scopes, so that the command line can name it without importing a machine."""

from __future__ import annotations


class ScopeTooLargeError(Exception):
    """The scope does not fit the search or the memory it was given."""
