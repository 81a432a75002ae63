"""Real corosync daemons in namespaces that vanish with the command, and what their clients saw."""
