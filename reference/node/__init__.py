"""A processor as a process: the sans-IO core of `reference/ring/` and its services on a network and a disk."""
