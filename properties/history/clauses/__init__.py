"""What each promise asks of a history, one module a subject."""
