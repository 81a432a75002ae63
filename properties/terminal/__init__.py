"""What commands share at the terminal: options, progress, tables, exit codes."""
