"""The laboratory: real daemons and their clients in namespaces that vanish with it."""
