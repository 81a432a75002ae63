"""One self-contained HTML page on which a run explains itself."""
