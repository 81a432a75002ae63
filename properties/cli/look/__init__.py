"""Commands that show the machine and its runs."""
