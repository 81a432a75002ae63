"""A run of the model repeated on the running reference."""
