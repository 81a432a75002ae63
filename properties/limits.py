"""Errors that leave something undecided. By themselves, so that the command line can name them and import nothing."""

from __future__ import annotations


class ScopeTooLargeError(Exception):
    """The scope does not fit the search or the memory it was given."""


class TooManyStatesError(ScopeTooLargeError):
    """The scope has more states than were asked for; those that were visited can still be looked at."""


class UnavailableError(Exception):
    """What was asked for needs something that is not here; the message says what."""


class LostJobError(Exception):
    """A job has no result, since its process died or memory ran out; the message says which job, and why."""


class CheckpointError(Exception):
    """What is kept of a search cannot be used; the message says which file, and what to do."""
