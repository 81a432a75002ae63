"""Commands that decide claims."""
